// Which CA an order goes to, and what a step tells about it to everybody: the shell around
// core/authority_choice.h.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cert/core/authority_choice.h"
#include "cert/core/model.h"
#include "cert/reconcile/order_phases.h"
#include "cert/reconcile/services.h"

namespace cert {

// The configured CA of this name; null when there is none.
const CertificateAuthority* FindAuthority(const Services& services, const std::string& name);

// What the certificate is ordered by at this CA; empty: the CA's default.
const std::string& ProfileAt(const CertificateAuthority& authority, const Certificate& certificate);

// What the CA calls itself in CAA records: as configured, else as its directory says (RFC 8555
// 7.1.1); as many as workers take.
Outcome<std::vector<std::string>> CaaIdentitiesOf(const CertificateAuthority& authority,
                                                  base::Deadline deadline);

// The CA that the certificate is to be ordered from, and when. `unstored`: what a step has met and
// not stored yet.
absl::StatusOr<AuthorityChoice> ChooseAuthorityFor(const Services& services,
                                                   Transaction& transaction,
                                                   Certificate certificate,
                                                   const AuthorityNews& unstored);

// How a phase's setback concludes where another CA may do better: an order that its CA has not made
// yet moves on to it, another one is given up for it. Otherwise `conclusion` with what is to be
// told of the CA.
Conclusion ConsiderOtherAuthority(OrderJob& job, Conclusion conclusion);

// Before a step: an order that waits may go on at another CA meanwhile. None when it stays.
std::optional<Conclusion> MoveToReadyAuthority(OrderJob& job);

// Stores what the step says of its CA, for everybody and in `certificate`.
absl::Status StoreAuthorityNews(const Services& services, Transaction& transaction,
                                const AuthorityNews& news, Certificate& certificate);

// None of the CAs that the certificate allows is configured.
Finding NoAuthorityFinding(const Certificate& certificate);

}  // namespace cert
