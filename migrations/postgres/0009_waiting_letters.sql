-- The letters that wait for an address, of which there may be few, among all that it has had.
CREATE INDEX curfew_letters_waiting_by_address ON curfew_letters (address_key, kind) WHERE due_at IS NOT NULL;
