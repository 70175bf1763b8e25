// `tests/run --all` is slower: more rows, every combination.

export const isSoak = process.env.CURFEW_TEST_SOAK !== undefined;
