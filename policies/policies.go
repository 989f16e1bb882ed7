package policies

import _ "embed" // the files below

// Model is the Casbin model (domain = member): who may do what on which unit.
//
//go:embed model.conf
var Model string

// Policy is the Casbin policy: for each unit, what its levels allow.
//
//go:embed policy.csv
var Policy string

// Screens says which level of which unit each screen needs.
//
//go:embed screens.csv
var Screens string

// Staff is the Casbin policy of our own staff: which role may open which screen of the console.
//
//go:embed staff.csv
var Staff string
