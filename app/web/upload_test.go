package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
)

// sent is a form with a text and files of the field attachments.
func sent(t *testing.T, path, text string, files map[string]string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	fail := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	fail(w.WriteField("text", text))
	for name, content := range files {
		part, err := w.CreateFormFile("attachments", name)
		fail(err)
		_, err = part.Write([]byte(content))
		fail(err)
	}
	fail(w.Close())
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func TestAFormWithFiles(t *testing.T) {
	t.Parallel()
	s, _ := engine(t, nil)
	tell := func(c *gin.Context) error {
		form, err := web.Form(c)
		if err != nil {
			return err
		}
		files, err := web.Files(c, "attachments")
		if err != nil {
			return err
		}
		told := form.Get("text")
		for _, file := range files {
			told += "|" + file.Name + " " + strconv.Itoa(len(file.Content))
		}
		c.String(http.StatusOK, told)
		return nil
	}
	s.Site().Upload("/files", permit.Public(), tell)
	s.Site().POST("/plain", permit.Public(), tell)
	mebibyte := strings.Repeat("x", 1<<20)
	for name, test := range map[string]struct {
		path, text string
		files      map[string]string
		status     int
		want       string
	}{
		"files":             {"/files", "說明", map[string]string{"a.pdf": mebibyte + mebibyte}, 200, "說明|a.pdf 2097152"},
		"a path for a name": {"/files", "", map[string]string{`C:\secret\b.png`: "x"}, 200, "|b.png 1"},
		"no file":           {"/files", "說明", nil, 200, "說明"},
		"too large":         {"/files", "", map[string]string{"a.pdf": strings.Repeat(mebibyte, 17)}, 413, "送出的資料太大"},
		"other routes take few": {
			"/plain", "", map[string]string{"a.pdf": mebibyte}, 413, "送出的資料太大",
		},
		"a text that is none": {"/files", "\xff", nil, 400, "無法讀取"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := call(s, sent(t, test.path, test.text, test.files))
			if got.Code != test.status || !strings.Contains(got.Body.String(), test.want) {
				t.Errorf("%d: %.300s", got.Code, got.Body)
			}
		})
	}
	broken := httptest.NewRequest(http.MethodPost, "/files", strings.NewReader(
		"--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nabc"))
	broken.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	if got := call(s, broken); got.Code != http.StatusBadRequest {
		t.Errorf("a form that ends early: %d", got.Code)
	}
	empty := httptest.NewRequest(http.MethodPost, "/files", strings.NewReader("text=plain"))
	empty.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if got := call(s, empty); got.Code != http.StatusOK || got.Body.String() != "plain" {
		t.Errorf("a form without files: %d %s", got.Code, got.Body)
	}
}
