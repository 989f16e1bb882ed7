package account

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/secret"
)

// The length of a password that is chosen, in characters. NIST SP 800-63B §5.1.1.2 asks
// for eight at least, for a comparison with those that are commonly used, and against
// rules of composition; twelve is our own.
const (
	passwordMin = 12
	passwordMax = 128
)

// What may be wrong with a password that is chosen.
var (
	ErrPasswordLength = fault.New(fault.Invalid, "password_length", "密碼需為 12 至 128 個字元，可以使用空白與中文。").At("password")
	ErrPasswordName   = fault.New(fault.Invalid, "password_name", "密碼不可包含您的帳號、統一編號或會員代號。").At("password")
	ErrPasswordCommon = fault.New(fault.Invalid, "password_common", "這個密碼太容易被猜到，請改用其他密碼。").At("password")
	// ErrPasskeyOnly tells our staff that they sign in by passkey.
	ErrPasskeyOnly = fault.New(fault.Invalid, "passkey_only", "此帳號僅能以 Passkey 登入，不使用密碼。").At("password")
	// ErrPasswordMoved tells that the password that was proved is another by now, or the
	// sign-in has ended.
	ErrPasswordMoved = fault.New(fault.Conflict, "password_moved", "密碼剛剛已在其他地方變更，或您已登出。請重新登入後再試。")
	// ErrCurrent tells that the password so far was not the right one, or asked for too
	// often.
	ErrCurrent = fault.New(fault.Invalid, "password_current",
		"目前的密碼不正確。連續輸入錯誤達 5 次時，請於 15 分鐘後再試。").At("current")
)

// PasswordFault returns what is wrong with a password that an account chooses, nil for
// nothing. memberCode is empty for staff.
func PasswordFault(password secret.String, login, memberCode string) *fault.Fault {
	text := password.Expose()
	if n := utf8.RuneCountInString(text); n < passwordMin || n > passwordMax || len(text) > passwordBytesMax {
		return ErrPasswordLength
	}
	folded := strings.ToLower(width.Fold.String(text))
	for _, name := range []string{login, memberCode} {
		if name != "" && strings.Contains(folded, strings.ToLower(name)) {
			return ErrPasswordName
		}
	}
	first, _ := utf8.DecodeRuneInString(folded)
	if strings.Trim(folded, string(first)) == "" || slices.Contains(commonPasswords, folded) {
		return ErrPasswordCommon
	}
	return nil
}

// commonPasswords are long ones from the head of the 100,000 most used passwords of the
// United Kingdom's National Cyber Security Centre (2019), and others made the same way:
// along the keyboard, counting, a common password twice or with a number.
var commonPasswords = []string{
	"123456789012", "1234567890123", "12345678901234", "123456789012345", "1234567890123456",
	"12345678901234567890", "123456789123", "123456789123456789", "123456789987654321", "123456654321",
	"123456123456", "123456123456123456", "123123123123", "121212121212", "112233445566", "111222333444",
	"111111222222", "098765432109", "987654321098", "0987654321123", "012345678901", "0123456789012",
	"147258369147", "147258369123", "741852963741", "789456123789", "159753159753", "102030405060",
	"qwertyuiop12", "qwertyuiop123", "qwertyuiop[]", "qwertyuiopasdf", "qwertyuiopasdfgh",
	"qwertyuiopasdfghjkl", "qwertyuiopasdfghjklzxcvbnm", "qwertyqwerty", "qwerty123456", "qwerty1234567",
	"qwerty12345678", "qwerty123456789", "123456qwerty", "12345qwerty12345", "qwertyasdfgh", "qwerty123qwerty",
	"asdfghjkl123", "asdfghjkl1234", "asdfghasdfgh", "asdfasdfasdf", "asdasdasdasd", "zxcvbnmzxcvbnm",
	"zxcvbnm12345", "zxcvbnmasdfgh", "qazwsxedcrfv", "qazwsxedcrfvtgb", "qazwsxqazwsx", "1qaz2wsx3edc",
	"1qaz2wsx3edc4rfv", "1qaz1qaz1qaz", "1qazxsw23edc", "!qaz2wsx3edc", "1q2w3e4r5t6y", "1q2w3e4r5t6y7u",
	"1q2w3e4r5t6y7u8i", "1q2w3e4r5t6y7u8i9o0p", "1q2w3e4r1q2w3e4r", "q1w2e3r4t5y6", "q1w2e3r4t5y6u7i8",
	"123qweasdzxc", "qweasdzxc123", "qweasdzxcqweasdzxc", "qweqweqweqwe", "123qwe123qwe", "abc123abc123",
	"abcabcabcabc", "abcdefghijkl", "abcdefghijklmnop", "abcdefghijklmnopqrstuvwxyz", "abcdefg12345",
	"abcd1234abcd", "abcd12345678", "a1b2c3d4e5f6", "aabbccddeeff", "password1234", "password12345",
	"password123456", "password123!", "password2026", "passwordpassword", "p@ssw0rd1234", "p@ssword1234",
	"passw0rd1234", "admin1234567", "admin123admin", "adminadminadmin", "administrator", "welcome12345",
	"changeme1234", "letmeinletmein", "iloveyou1234", "iloveyouiloveyou", "111222tianya", "woaini1314520",
	"52013145201314", "startfinding", "megaparol12345", "telechargement",
}
