// Package layout holds the shells a page is set in: Member (會員專區), Checkout, Plain and Shop. A shell owns
// the document head, the landmarks, the skip link and the list of style sheets and scripts.
//
// Invariant: every page has one <main>, a lang attribute, a title, and no inline style or script. Addresses of
// files come from package static, so that they carry the hash of their content. The package must know nothing
// of what stands inside the shell.
package layout
