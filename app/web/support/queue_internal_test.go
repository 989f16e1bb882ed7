package support

import (
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/onboarding"
)

func TestConditionsOfTheQueue(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]onboarding.QueueFilter{
		"":                            {Open: true},
		"assignee=me":                 {Open: true, Assignee: me},
		"assignee=none&urgency=":      {Open: true, Nobody: true},
		"assignee=12&slot=10-12":      {Open: true, Assignee: 12, Slot: onboarding.Slot10},
		"q=+PK261124-7H3K9Q+&page=3":  {Query: "PK261124-7H3K9Q", Offset: 100},
		"state=returned&state=merged": {States: []onboarding.State{onboarding.Returned, onboarding.Merged}},
		"subject=api&kind=consult&urgency=overdue": {
			Open: true, Subject: onboarding.SubjectAPI, Kind: onboarding.Consult, Urgency: onboarding.Overdue,
		},
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		q := readQueue(values, me)
		if diff := cmp.Diff(want, q.filter); diff != "" || len(q.faults) != 0 {
			t.Errorf("%s: %v\n%s", query, q.faults, diff)
		}
	}
	for query, field := range map[string]string{
		"state=open": "state", "assignee=-1": "assignee", "assignee=x": "assignee", "page=0": "page", "page=9999": "page",
		"urgency=soon": "urgency", "statee=submitted": "statee", "slot=1": "slot", "kind=a": "kind", "subject=x": "subject",
		"assignee=me&assignee=none": "assignee",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if q := readQueue(values, me); len(q.faults) != 1 || q.faults[0].Field != field {
			t.Errorf("%s: %v", query, q.faults)
		}
	}
}

func FuzzReadQueue(f *testing.F) {
	f.Add("q=%EF%BC%91&state=submitted&page=2")
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		q := readQueue(values, me)
		if len(q.faults) > 0 {
			return
		}
		again, err := url.Parse(q.address(q.page))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(q.filter, readQueue(again.Query(), me).filter); diff != "" {
			t.Errorf("%s leads to %s\n%s", query, again, diff)
		}
	})
}

func TestTheViewInSightIsMarked(t *testing.T) {
	t.Parallel()
	q := readQueue(url.Values{"assignee": {"me"}, "q": {""}, "page": {"2"}}, me)
	saved := []onboarding.View{
		{ID: 3, Name: "甲", Query: "kind=consult", Login: "lin01"}, {ID: 4, Name: "乙", Query: "assignee=me", Mine: true},
	}
	var current []string
	for _, v := range presentViews(q, saved) {
		if v.Current {
			current = append(current, v.Name)
		}
		if v.Name == "甲" && (v.By != "lin01" || v.Own || v.Href != "/support/applications?kind=consult") {
			t.Errorf("%+v", v)
		}
	}
	if !slices.Equal(current, []string{"我的案件", "乙"}) {
		t.Errorf("current: %v", current)
	}
}
