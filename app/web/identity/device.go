package identity

import "strings"

// word is what a User-Agent says, and how a person says it.
type word struct{ said, label string }

// devices and browsers stand in an order in which the first match is the right one:
// many a User-Agent names others for the sake of old servers. An iPad that asks for
// the desktop site calls itself a Mac.
var (
	devices = []word{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android 裝置"},
		{"Windows", "Windows 電腦"},
		{"CrOS", "Chromebook"},
		{"Macintosh", "Mac"},
		{"Linux", "Linux 電腦"},
	}
	browsers = []word{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Line/", "LINE"},
		{"FxiOS/", "Firefox"},
		{"Firefox/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
		{"curl/", "curl"},
	}
)

// Device says in a word which device a User-Agent tells of: the suggested name of a
// passkey that is made on it.
func Device(agent string) string {
	if label := first(devices, agent); label != "" {
		return label
	}
	return "這個裝置"
}

// DeviceAndBrowser says in two words which device and browser a User-Agent tells of.
func DeviceAndBrowser(agent string) string {
	device, browser := first(devices, agent), first(browsers, agent)
	switch {
	case device != "" && browser != "":
		return device + "，" + browser
	case device == "" && browser == "":
		return "不明裝置"
	default:
		return device + browser
	}
}

func first(words []word, agent string) string {
	for _, w := range words {
		if strings.Contains(agent, w.said) {
			return w.label
		}
	}
	return ""
}
