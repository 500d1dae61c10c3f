// Which key a certificate needs next, and where its issuances stand: a dual certificate has two, of
// which the RSA one is ordered after the other, and renewed at a time of its own. Pure.

#pragma once

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "cert/core/model.h"
#include "cert/core/renewal.h"

namespace cert {

// The types of the keys that the certificate is to have, the main one first.
std::vector<KeyType> KeyTypesOf(const CertificateSettings& settings);

// That of an order at `now`: what is missing, else what is to be renewed first; after a failed
// order the other, if that is to be renewed, too.
KeyType NextKeyType(const Certificate& certificate, absl::Time now);

// When that order is due; the infinite past when something is missing.
absl::Time NextRenewTime(const Certificate& certificate);

// When to look at a certificate in force: to renew it, or to ask a CA when to. `renewals` are those
// of its issuances.
absl::Time NextLookAt(const Certificate& certificate, const std::vector<Renewal>& renewals);

// The issuance with a key of this type; none before the first, or when it is to have no such key.
std::optional<IssuanceId> IssuanceOf(const Certificate& certificate, KeyType type);

// Those in use, the main one first.
std::vector<IssuanceId> IssuancesOf(const Certificate& certificate);

// When the first of them ends: what is urgent goes by it.
std::optional<absl::Time> FirstExpireTime(const Certificate& certificate);

// Moves the renewal of an issuance that is in use; one that is due within a minute stays. False
// when nothing was moved.
bool MoveRenewal(const IssuanceId& issuance, absl::Time renew_time, absl::Time now,
                 Certificate& certificate);

// Puts an issuance in the place of its predecessor, whose end is returned.
std::optional<absl::Time> PlaceIssuance(const Issuance& issuance, absl::Time renew_time,
                                        Certificate& certificate);

}  // namespace cert
