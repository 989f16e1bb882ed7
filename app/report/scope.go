package report

import (
	"slices"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/member"
)

// Scope says what an actor may see: transactions of one member, of these stores.
// The zero Scope sees nothing.
type Scope struct {
	member member.ID
	all    bool // every store of the member; stores lists them
	stores []account.Store
	state  account.State
}

// ScopeOf returns the scope of an actor.
func ScopeOf(a account.Actor) Scope {
	return Scope{member: a.Member.ID, all: a.SeesAllStores(), stores: a.Stores, state: a.State}
}

// Member is whose transactions are seen.
func (s Scope) Member() member.ID { return s.member }

// State is the actor's, zero for a part of its scope: equal ones that are not zero see through
// the same scope, and have the same views and columns.
func (s Scope) State() account.State { return s.state }

// AllStores tells that the scope is every store of the member, so that a query
// need not name them.
func (s Scope) AllStores() bool { return s.all }

// StoreIDs lists the stores that are seen.
func (s Scope) StoreIDs() []member.StoreID {
	ids := make([]member.StoreID, len(s.stores))
	for i, store := range s.stores {
		ids[i] = store.ID
	}
	return ids
}

// Stores lists the stores that are seen, by MerchantID.
func (s Scope) Stores() []account.Store { return slices.Clone(s.stores) }

// Store returns a store that is seen.
func (s Scope) Store(id member.StoreID) (account.Store, bool) {
	i := slices.IndexFunc(s.stores, func(store account.Store) bool { return store.ID == id })
	if i < 0 {
		return account.Store{}, false
	}
	return s.stores[i], true
}

// Unseen returns the MerchantIDs that are not of a store in the scope, whether
// they exist or not.
func (s Scope) Unseen(merchantIDs []string) []string {
	var unseen []string
	for _, id := range merchantIDs {
		if !slices.ContainsFunc(s.stores, func(store account.Store) bool { return store.MerchantID == id }) {
			unseen = append(unseen, id)
		}
	}
	return unseen
}

// Narrow returns the part of the scope in which the filter searches: its stores
// (商店代號) of its kind (商店類型). It never widens.
func (s Scope) Narrow(f TransactionFilter) Scope {
	if len(f.Stores) == 0 && f.StoreType == AnyStoreType {
		return s
	}
	narrow := Scope{member: s.member}
	for _, store := range s.stores {
		asked := len(f.Stores) == 0 || slices.Contains(f.Stores, store.MerchantID)
		if asked && (f.StoreType == AnyStoreType || string(f.StoreType) == string(store.Kind)) {
			narrow.stores = append(narrow.stores, store)
		}
	}
	return narrow
}
