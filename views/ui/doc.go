// Package ui is the design system: fields, buttons, tables, tags, dialogs and the other parts every page is
// made of. It owns the class names and the accessibility of each part (label, description, error, role).
//
// Invariant: a part gets text that is ready to be shown and shows exactly that; it formats no money, no time
// and decides nothing about permission. No part uses a style attribute or an inline script, so that pages run
// under a strict content security policy. The package must know nothing of members, payments or HTTP.
package ui
