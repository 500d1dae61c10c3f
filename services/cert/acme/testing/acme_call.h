// The kinds of requests that a client sends to a CA, for scripts and counts.

#pragma once

namespace cert {

enum class AcmeCall {
  kDirectory,
  kNewNonce,
  kNewAccount,
  kFindAccount,  // newAccount with onlyReturnExisting
  kRollOverKey,
  kNewOrder,
  kListOrders,
  kGetOrder,
  kGetAuthorization,
  kAnswerChallenge,
  kFinalize,
  kDownloadCertificate,
  kDeactivateAuthorization,
  kRevokeCertificate,
  kRenewalInfo,
  kOther
};

}  // namespace cert
