// Names and terminality of the states of lifecycle.h.

#include "base/enum_names.h"
#include "cert/core/lifecycle.h"

namespace cert {
namespace {

constexpr base::EnumNames<DomainState, 5> kDomainNames{{
    {DomainState::kPending, "PENDING"},
    {DomainState::kActive, "ACTIVE"},
    {DomainState::kFailed, "FAILED"},
    {DomainState::kDeleting, "DELETING"},
    {DomainState::kDeleted, "DELETED"},
}};
constexpr base::EnumNames<CertificateState, 6> kCertificateNames{{
    {CertificateState::kAwaitingDomain, "AWAITING_DOMAIN"},
    {CertificateState::kOrdering, "ORDERING"},
    {CertificateState::kActive, "ACTIVE"},
    {CertificateState::kRenewing, "RENEWING"},
    {CertificateState::kFailed, "FAILED"},
    {CertificateState::kDeleted, "DELETED"},
}};
constexpr base::EnumNames<OrderState, 9> kOrderNames{{
    {OrderState::kIntended, "INTENDED"},
    {OrderState::kPublishing, "PUBLISHING"},
    {OrderState::kPropagating, "PROPAGATING"},
    {OrderState::kValidating, "VALIDATING"},
    {OrderState::kFinalizing, "FINALIZING"},
    {OrderState::kWithdrawing, "WITHDRAWING"},
    {OrderState::kCompleted, "COMPLETED"},
    {OrderState::kClosing, "CLOSING"},
    {OrderState::kFailed, "FAILED"},
}};

}  // namespace

const char* StateName(DomainState state) { return base::NameIn(kDomainNames, state); }
const char* StateName(CertificateState state) { return base::NameIn(kCertificateNames, state); }
const char* StateName(OrderState state) { return base::NameIn(kOrderNames, state); }

std::optional<DomainState> ParseDomainState(const std::string& name) {
  return base::ValueIn(kDomainNames, name);
}
std::optional<CertificateState> ParseCertificateState(const std::string& name) {
  return base::ValueIn(kCertificateNames, name);
}
std::optional<OrderState> ParseOrderState(const std::string& name) {
  return base::ValueIn(kOrderNames, name);
}

bool IsTerminal(DomainState state) {
  return state == DomainState::kFailed || state == DomainState::kDeleted;
}
bool IsTerminal(CertificateState state) {
  return state == CertificateState::kFailed || state == CertificateState::kDeleted;
}
bool IsTerminal(OrderState state) {
  return state == OrderState::kCompleted || state == OrderState::kFailed;
}

bool IsEnding(OrderState state) {
  return state == OrderState::kWithdrawing || state == OrderState::kClosing;
}

}  // namespace cert
