package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"
	"github.com/a-h/templ/runtime"
)

// Keeper is a writer of pages that remembers parts of them. Part writes the part of a name
// for equal models as it was written before, or renders it.
type Keeper interface {
	io.Writer
	Part(name string, models []any, render func(io.Writer) error) error
}

// Kept shows its children. They are rendered once for equal models, and must depend on
// nothing else: each kind of part has a name of its own.
func Kept(name string, models ...any) templ.Component { return kept{name, models} }

type kept struct {
	name   string
	models []any
}

// Render implements templ.Component.
func (k kept) Render(ctx context.Context, w io.Writer) error {
	children := templ.GetChildren(ctx)
	ctx = templ.ClearChildren(ctx)
	under := w
	if buffer, ok := w.(*runtime.Buffer); ok {
		under = buffer.Underlying
	}
	keeper, ok := under.(Keeper)
	if !ok {
		return children.Render(ctx, w)
	}
	if buffer, ok := w.(*runtime.Buffer); ok {
		if err := buffer.Flush(); err != nil {
			return err
		}
	}
	return keeper.Part(k.name, k.models, func(w io.Writer) error { return children.Render(ctx, w) })
}
