package audit

import (
	"context"
	"time"
)

// Kind names what happened, in snake case. The database and the exports write it
// as it stands; Label gives its words.
type Kind string

// The kinds of entry.
const (
	SignedIn             Kind = "signed_in"
	SignInFailed         Kind = "sign_in_failed"
	SignedOut            Kind = "signed_out"
	SteppedUp            Kind = "stepped_up"
	StepUpFailed         Kind = "step_up_failed"
	SessionEnded         Kind = "session_ended"
	RecoveryAsked        Kind = "recovery_asked"
	PasswordSet          Kind = "password_set"
	PasskeyAdded         Kind = "passkey_added"
	PasskeyRenamed       Kind = "passkey_renamed"
	PasskeyRemoved       Kind = "passkey_removed"
	AssistantCreated     Kind = "assistant_created"
	AssistantChanged     Kind = "assistant_changed" // mail, stores or permissions; Changes tell which
	AssistantSuspended   Kind = "assistant_suspended"
	AssistantResumed     Kind = "assistant_resumed"
	AssistantRemoved     Kind = "assistant_removed"
	AssistantInvited     Kind = "assistant_invited"
	PasswordReset        Kind = "password_reset" // by the owner, for an assistant
	StaffInvited         Kind = "staff_invited"
	StaffSuspended       Kind = "staff_suspended"
	StaffResumed         Kind = "staff_resumed"
	StaffRemoved         Kind = "staff_removed"
	PermissionDenied     Kind = "permission_denied"
	PermissionAsked      Kind = "permission_asked"
	PermissionGranted    Kind = "permission_granted" // a request; Changes tell the levels
	PermissionRefused    Kind = "permission_refused"
	ViewAsStarted        Kind = "view_as_started"
	ViewAsEnded          Kind = "view_as_ended"
	TransactionsListed   Kind = "transactions_listed"
	TransactionViewed    Kind = "transaction_viewed"
	TransactionsExported Kind = "transactions_exported"
	TokenStatsExported   Kind = "token_stats_exported"
	EvidenceDownloaded   Kind = "evidence_downloaded"
	KeyringAsked         Kind = "keyring_asked"        // a link to the passkeys of cards was mailed
	CardPasskeyRemoved   Kind = "card_passkey_removed" // of a card: by its cardholder, or by our staff
	VoidRequested        Kind = "void_requested"
	CaptureRequested     Kind = "capture_requested"
	RefundRequested      Kind = "refund_requested"
	CaptureUndone        Kind = "capture_undone"
	RefundUndone         Kind = "refund_undone"
	ApprovalThresholdSet Kind = "approval_threshold_set"
	ApprovalAsked        Kind = "approval_asked"
	ApprovalGiven        Kind = "approval_given"
	ApprovalRefused      Kind = "approval_refused"
	ApprovalWithdrawn    Kind = "approval_withdrawn"
	StoreChanged         Kind = "store_changed"
	MemberLookedUp       Kind = "member_looked_up"        // by our staff: a search, or a member's page
	CardPasskeysLookedUp Kind = "card_passkeys_looked_up" // by our staff, by a cardholder's address
	WorkdaysImported     Kind = "workdays_imported"       // a year of the calendar, by our staff
	ApplicationSubmitted Kind = "application_submitted"   // for the Passkey服務
	ApplicationMoved     Kind = "application_moved"
	ApplicationChanged   Kind = "application_changed"
	StorePasskeyOn       Kind = "store_passkey_on"  // by our staff
	StorePasskeyOff      Kind = "store_passkey_off" // by our staff
	LogExported          Kind = "audit_exported"
)

// Platform is the chain of what belongs to no member: our staff, and sign-ins for
// members that do not exist.
const Platform int64 = 0

// By is who did it, and how it reached us.
type By struct {
	Chain     int64  // the member's ID, or Platform
	AccountID int64  // 0 when it is not known
	Login     string // as it is stored, or as it was typed for a sign-in that failed
	ViewedAs  string // the login of the assistant as whom an owner looks at the pages
	Address   string // of the client, IPv4 or IPv6
	RequestID string // under which the program's log knows the request
}

// staffLogin stands before the login of one of our staff in a member's chain.
const staffLogin = "支援人員 "

// ForMember says in a member's chain that one of our staff does it: whoever reads the
// member's log sees that it was none of the member's own people.
func (b By) ForMember(member int64) By {
	b.Chain, b.Login = member, staffLogin+b.Login
	return b
}

// Change is one thing that changed, in words a person reads (zh-Hant-TW).
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Entry is one line of the log.
type Entry struct {
	By
	At      time.Time // UTC, in whole microseconds
	Kind    Kind
	Subject string   // what it was done to: a login, a trade number, a screen, a filter
	Changes []Change // for changes
}

// Recorder appends entries on their own, for what changes nothing else. What does
// change something records in its own transaction: its store's Tx has Record too.
type Recorder interface {
	Record(ctx context.Context, e Entry) error
}
