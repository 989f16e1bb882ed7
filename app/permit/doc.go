// Package permit decides what an actor may open. It is the only importer of casbin.
//
// The permission form of 助理帳號設定 is the model: a Unit for each of its rows,
// three Levels, and for each screen the unit and level it needs (policies/). A
// route names a Gate by type. Casbin decides; a snapshot of its answers is
// remembered for each account, under the Revision of its grants. Our own staff have a role;
// which role may open which screen of the console is Casbin's answer too (policies/staff.csv).
//
// Invariant: it fails closed. The zero Gate, an unknown screen, an unknown unit
// or level in a grant, and an error all refuse. Grants and their Revision come with
// the Actor, read afresh for each request, so a change takes effect on the next
// request of every process. The package knows no routes, no pages and no storage.
package permit
