import shared from '../vitest.shared.ts';

// src/ holds the tests that run on every runtime by its own runner; what is tested here is the comparison of their counts.
export default { ...shared, test: { ...shared.test, include: ['unit/**/*.test.ts'] } };
