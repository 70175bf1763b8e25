// A sight: its `name`, the `person` whose browser shows it, and `open`, which can be called repeatedly.

/** A page with an address. */
export function page(name, person, address) {
  return { name, person, open: () => person.visits(address) };
}

/** The reasons that staff enter. */
export const reasons = {
  user_reason: "Your laptop was reported lost. Please log in again.",
  staff_reason: "Ticket 4711, reported by the night desk.",
};
