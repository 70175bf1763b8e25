// What there is to see: a `name`, the `person` whose browser shows it, and `open`, which can be called again.

/** A page that an address leads to. */
export function page(name, person, address) {
  return { name, person, open: () => person.visits(address) };
}

/** What staff write where a form asks why. */
export const reasons = {
  user_reason: "Your laptop was reported lost. Please log in again.",
  staff_reason: "Ticket 4711, reported by the night desk.",
};
