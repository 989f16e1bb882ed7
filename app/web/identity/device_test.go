package identity_test

import (
	"testing"

	"github.com/memberzone/memberzone/app/web/identity"
)

func TestDevicesAreSaidInAWord(t *testing.T) {
	t.Parallel()
	const (
		edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 " +
			"Safari/537.36 Edg/142.0.0.0"
		chromeMac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) " +
			"Chrome/142.0.0.0 Safari/537.36"
		safari = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
			"Version/19.0 Safari/605.1.15"
		iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 " +
			"Mobile/15E148 Safari/604.1"
		onPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 CriOS/142.0 " +
			"Mobile/15E148 Safari/604.1"
		android = "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0 " +
			"Mobile Safari/537.36"
		linux = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
		book  = "Mozilla/5.0 (X11; CrOS x86_64 16181.0.0) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36"
	)
	tests := []struct{ agent, device, both string }{
		{edge, "Windows 電腦", "Windows 電腦，Edge"},
		{chromeMac, "Mac", "Mac，Chrome"},
		{safari, "Mac", "Mac，Safari"},
		{iPhone, "iPhone", "iPhone，Safari"},
		{onPhone, "iPhone", "iPhone，Chrome"},
		{android, "Android 裝置", "Android 裝置，Samsung Internet"},
		{linux, "Linux 電腦", "Linux 電腦，Firefox"},
		{book, "Chromebook", "Chromebook，Chrome"},
		{"curl/8.5.0", "這個裝置", "curl"},
		{"Windows", "Windows 電腦", "Windows 電腦"},
		{"", "這個裝置", "不明裝置"},
		{"<script>", "這個裝置", "不明裝置"},
	}
	for _, tt := range tests {
		if got := identity.Device(tt.agent); got != tt.device {
			t.Errorf("Device(%q) = %q, want %q", tt.agent, got, tt.device)
		}
		if got := identity.DeviceAndBrowser(tt.agent); got != tt.both {
			t.Errorf("DeviceAndBrowser(%q) = %q, want %q", tt.agent, got, tt.both)
		}
	}
}
