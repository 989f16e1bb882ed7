package notify

import "time"

// Notification is a message owed to a merchant's NotifyURL. Its body is the
// form as it is sent, encrypted for the store and frozen with the payment: the
// checksum of a paid order never changes afterwards.
type Notification struct {
	ID            int64
	TransactionID int64
	URL           string
	Body          string
	State         State
	CreatedAt     time.Time
}

// State is how far a notification has come.
type State string

// The states of a notification.
const (
	Pending   State = "pending"
	Delivered State = "delivered"
	Failed    State = "failed" // given up after the last retry; the store was mailed
)
