package receipts

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
)

// Path is where the gateway posts its receipts.
const Path = "/sms/receipts"

// Gateway reads what the SMS gateway signed.
type Gateway interface {
	// ReadReceipt returns otp.ErrForged without a fresh signature.
	ReadReceipt(r *http.Request, body []byte) (otp.Receipt, error)
}

// Texts notes what became of text messages.
type Texts interface {
	// Receive changes nothing for a receipt that came before.
	Receive(ctx context.Context, r otp.Receipt) error
}

// Options say what the desk is built from. All are required.
type Options struct {
	Gateway Gateway
	Texts   Texts
}

// Mount adds the address to a server. It has an engine of its own: no session, and
// posts that carry no browser's headers.
func Mount(s *web.Server, o Options) error {
	r, err := s.Wire(renderFault, "/sms/")
	if err != nil {
		return err
	}
	r.POST(Path, permit.WireAPI(), o.receive)
	return nil
}

// receive is POST /sms/receipts.
func (o Options) receive(c *gin.Context) error {
	body, err := c.GetRawData()
	if err != nil {
		return fmt.Errorf("read a receipt: %w", err)
	}
	receipt, err := o.Gateway.ReadReceipt(c.Request, body)
	if err != nil {
		return err
	}
	if err := o.Texts.Receive(c.Request.Context(), receipt); err != nil {
		return err
	}
	c.JSON(http.StatusOK, gin.H{"status": "received"})
	return nil
}

// renderFault answers with the code of a fault: the reader is a program.
func renderFault(c *gin.Context, f *fault.Fault) {
	status := web.Status(f)
	if f.Code == otp.ErrForged.Code {
		status = http.StatusUnauthorized
	}
	c.JSON(status, gin.H{"error": string(f.Code)})
}
