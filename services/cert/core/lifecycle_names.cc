// Names and terminality of the states of lifecycle.h.

#include <algorithm>
#include <array>
#include <utility>

#include "cert/core/lifecycle.h"

namespace cert {
namespace {

template <typename State, std::size_t N>
using NameTable = std::array<std::pair<State, const char*>, N>;

constexpr NameTable<DomainState, 5> kDomainNames{{
    {DomainState::kPending, "PENDING"},
    {DomainState::kActive, "ACTIVE"},
    {DomainState::kFailed, "FAILED"},
    {DomainState::kDeleting, "DELETING"},
    {DomainState::kDeleted, "DELETED"},
}};
constexpr NameTable<CertificateState, 6> kCertificateNames{{
    {CertificateState::kAwaitingDomain, "AWAITING_DOMAIN"},
    {CertificateState::kOrdering, "ORDERING"},
    {CertificateState::kActive, "ACTIVE"},
    {CertificateState::kRenewing, "RENEWING"},
    {CertificateState::kFailed, "FAILED"},
    {CertificateState::kDeleted, "DELETED"},
}};
constexpr NameTable<OrderState, 9> kOrderNames{{
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

template <typename Table, typename State>
const char* NameIn(const Table& table, State state) {
  const auto* entry = std::ranges::find(table, state, &Table::value_type::first);
  return entry == table.end() ? "?" : entry->second;
}

template <typename State, typename Table>
std::optional<State> FindIn(const Table& table, const std::string& name) {
  for (const auto& [state, text] : table) {
    if (name == text) return state;
  }
  return std::nullopt;
}

}  // namespace

const char* StateName(DomainState state) { return NameIn(kDomainNames, state); }
const char* StateName(CertificateState state) { return NameIn(kCertificateNames, state); }
const char* StateName(OrderState state) { return NameIn(kOrderNames, state); }

std::optional<DomainState> ParseDomainState(const std::string& name) {
  return FindIn<DomainState>(kDomainNames, name);
}
std::optional<CertificateState> ParseCertificateState(const std::string& name) {
  return FindIn<CertificateState>(kCertificateNames, name);
}
std::optional<OrderState> ParseOrderState(const std::string& name) {
  return FindIn<OrderState>(kOrderNames, name);
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
