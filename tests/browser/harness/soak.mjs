// `tests/run --all` takes its time: more rows, every combination.

export const isSoak = process.env.CURFEW_TEST_SOAK !== undefined;
