#include "cert/core/key_plan.h"

#include <algorithm>
#include <utility>

namespace cert {
namespace {

// What is planned so soon stays: it may have been made due, by a revocation, after the transaction
// that would move it began.
constexpr absl::Duration kImminent = absl::Minutes(1);

struct Place {
  KeyType type;
  const std::optional<IssuanceId>& issuance;
  const std::optional<absl::Time>& renew_time;
  const std::optional<absl::Time>& expire_time;
};

std::vector<Place> PlacesOf(const Certificate& certificate) {
  std::vector<Place> places;
  for (const KeyType type : KeyTypesOf(certificate.settings)) {
    if (places.empty()) {
      places.push_back(
          {type, certificate.issuance, certificate.renew_time, certificate.expire_time});
    } else {
      places.push_back({type, certificate.second_issuance, certificate.second_renew_time,
                        certificate.second_expire_time});
    }
  }
  return places;
}

absl::Time DueTime(const Place& place) {
  if (!place.issuance.has_value()) return absl::InfinitePast();
  return place.renew_time.value_or(absl::InfinitePast());
}

Place NextPlace(const Certificate& certificate) {
  const std::vector<Place> places = PlacesOf(certificate);
  const bool second_is_due = places.size() > 1 && DueTime(places[1]) < DueTime(places[0]);
  return places[second_is_due ? 1 : 0];
}

}  // namespace

std::vector<KeyType> KeyTypesOf(const CertificateSettings& settings) {
  if (!settings.csr_pem.empty()) return {KeyType::kCallers};
  switch (settings.keys) {
    case KeyChoice::kEcdsaP256:
      break;
    case KeyChoice::kRsa2048:
      return {KeyType::kRsa2048};
    case KeyChoice::kDual:
      return {KeyType::kEcdsaP256, KeyType::kRsa2048};
  }
  return {KeyType::kEcdsaP256};
}

KeyType NextKeyType(const Certificate& certificate, absl::Time now) {
  const std::vector<Place> places = PlacesOf(certificate);
  const Place next = NextPlace(certificate);
  // Twins whose orders fail have turns, so that one that cannot be had does not end the other.
  const bool other_has_turn = certificate.failed_orders % 2 == 1;
  for (const Place& other : places) {
    const bool is_due = other.issuance && DueTime(other) <= now;
    if (other_has_turn && other.type != next.type && is_due) return other.type;
  }
  return next.type;
}

absl::Time NextRenewTime(const Certificate& certificate) { return DueTime(NextPlace(certificate)); }

absl::Time NextLookAt(const Certificate& certificate, const std::vector<Renewal>& renewals) {
  absl::Time next = NextRenewTime(certificate);
  for (const Renewal& renewal : renewals) next = std::min(next, renewal.refresh_time);
  return next;
}

std::optional<IssuanceId> IssuanceOf(const Certificate& certificate, KeyType type) {
  for (const Place& place : PlacesOf(certificate)) {
    if (place.type == type) return place.issuance;
  }
  return std::nullopt;
}

std::optional<absl::Time> FirstExpireTime(const Certificate& certificate) {
  std::optional<absl::Time> first;
  for (const Place& place : PlacesOf(certificate)) {
    if (!place.expire_time) continue;
    first = std::min(first.value_or(absl::InfiniteFuture()), *place.expire_time);
  }
  return first;
}

std::vector<IssuanceId> IssuancesOf(const Certificate& certificate) {
  std::vector<IssuanceId> issuances;
  for (const Place& place : PlacesOf(certificate)) {
    if (place.issuance) issuances.push_back(*place.issuance);
  }
  return issuances;
}

bool MoveRenewal(const IssuanceId& issuance, absl::Time renew_time, absl::Time now,
                 Certificate& certificate) {
  const bool is_main = certificate.issuance == issuance;
  if (!is_main && certificate.second_issuance != issuance) return false;
  std::optional<absl::Time>& planned =
      is_main ? certificate.renew_time : certificate.second_renew_time;
  if (planned && *planned <= now + kImminent) return false;
  planned = renew_time;
  return true;
}

std::optional<absl::Time> PlaceIssuance(const Issuance& issuance, absl::Time renew_time,
                                        Certificate& certificate) {
  const std::vector<KeyType> types = KeyTypesOf(certificate.settings);
  if (types.size() > 1 && issuance.key_type == types[1]) {
    certificate.second_issuance = issuance.id;
    certificate.second_renew_time = renew_time;
    return std::exchange(certificate.second_expire_time, issuance.validity.not_after);
  }
  certificate.issuance = issuance.id;
  certificate.renew_time = renew_time;
  return std::exchange(certificate.expire_time, issuance.validity.not_after);
}

}  // namespace cert
