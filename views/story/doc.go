// Package story holds fixed examples of every page, in every state worth looking at. cmd/storybook shows them,
// and the tests of this package hold all pages to the same rules: names for every control, unique ids, no
// inline style or script, addresses of files that exist, and the golden files under testdata.
//
// Invariant: an example never changes with time, chance or machine. It must not be used outside the storybook
// and tests.
package story
