package postgres

import (
	"strconv"

	"github.com/memberzone/memberzone/app/account"
)

// sealedColumn is a column that the cipher seals. Its table has the key id.
type sealedColumn struct {
	table   string
	column  string
	place   string // column or SQL expression, a text, that binds a value to its row
	context func(place string) []byte
	index   blindIndex // of the same value; most have none
}

// blindIndex is a column with the blind index of a sealed value, under the key that seals.
type blindIndex struct {
	column string
	text   func(plain []byte) []byte
}

// sealedColumns are all of them: `memberzone keys rotate` seals them anew. A test looks
// for columns and for calls of Seal that are missing here.
var sealedColumns = []sealedColumn{
	{table: "stores", column: "hash_key_sealed", place: "merchant_id", context: func(id string) []byte {
		return keyContext(id, "hash_key")
	}},
	{table: "stores", column: "hash_iv_sealed", place: "merchant_id", context: func(id string) []byte {
		return keyContext(id, "hash_iv")
	}},
	{table: "attempts", column: "payer_sealed", place: "request_id", context: payerContext},
	{table: "mails", column: "body_sealed", place: "recipient", context: mailContext},
	{table: "mails", column: "html_sealed", place: "recipient", context: mailHTMLContext},
	{table: "exports", column: "token_sealed", place: "account_id::text", context: func(id string) []byte {
		n, _ := strconv.ParseInt(id, 10, 64) // a number of the database's own
		return exportTokenContext(account.ID(n))
	}},
	{table: "text_messages", column: "message_sealed", place: "reference", context: textContext},
	{table: "keyring_asks", column: "mail_sealed", place: "place", context: keyringContext},
	{table: "applications", column: "contact_sealed", place: "receipt", context: applicationContext},
	{table: "application_files", column: "content_sealed", place: "place", context: applicationFileContext},
	{table: "verifications", column: "sealed", place: "seal_key", context: verificationContext},
	{
		table: "network_tokens", column: "number_sealed", place: "reference", context: tokenContext,
		index: blindIndex{"number_index", func(number []byte) []byte { return []byte(tokenIndexPlace + string(number)) }},
	},
}

// verificationContext binds what is sealed while a verification lives to its row.
func verificationContext(sealKey string) []byte {
	return []byte("verifications/" + sealKey + "/sealed")
}
