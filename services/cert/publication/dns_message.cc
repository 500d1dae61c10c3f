#include "cert/publication/dns_message.h"

#include <ldns/ldns.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace cert {
namespace {

constexpr std::size_t kMaxValueBytes = 255;
constexpr std::uint16_t kFudgeSeconds = 300;  // RFC 8945, 10
// Fields of a TSIG record (RFC 8945, 4.2).
constexpr std::size_t kTsigAlgorithm = 0;
constexpr std::size_t kTsigMac = 3;
constexpr std::size_t kTsigError = 5;

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Packet = std::unique_ptr<ldns_pkt, Free<ldns_pkt_free>>;
using Rdf = std::unique_ptr<ldns_rdf, Free<ldns_rdf_deep_free>>;
using RrList = std::unique_ptr<ldns_rr_list, Free<ldns_rr_list_deep_free>>;
using Text = std::unique_ptr<char, Free<std::free>>;

// Null when `name` is not a domain name.
Rdf ParseName(const std::string& name) {
  ldns_rdf* parsed = nullptr;
  if (name.find('\0') != std::string::npos) return nullptr;
  if (ldns_str2rdf_dname(&parsed, name.c_str()) != LDNS_STATUS_OK) return nullptr;
  return Rdf(parsed);
}

Packet ParsePacket(const std::string& octets) {
  ldns_pkt* parsed = nullptr;
  const auto* data = reinterpret_cast<const std::uint8_t*>(octets.data());
  if (ldns_wire2pkt(&parsed, data, octets.size()) != LDNS_STATUS_OK) return nullptr;
  return Packet(parsed);
}

absl::StatusOr<std::string> ToWire(const ldns_pkt* packet) {
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
  const ldns_status status = ldns_pkt2wire(&data, packet, &size);
  const std::unique_ptr<std::uint8_t, Free<std::free>> owner(data);
  if (status != LDNS_STATUS_OK) return absl::InternalError(ldns_get_errorstr_by_id(status));
  return std::string(reinterpret_cast<const char*>(data), size);
}

std::string RdfOctets(const ldns_rdf* rdf) {
  return {reinterpret_cast<const char*>(ldns_rdf_data(rdf)), ldns_rdf_size(rdf)};
}

// ldns knows algorithms as absolute names.
std::string AlgorithmName(const std::string& algorithm) {
  return algorithm.ends_with('.') ? algorithm : algorithm + ".";
}

absl::Status Prefixed(const char* part, const absl::Status& status) {
  if (status.ok()) return status;
  return {status.code(), absl::StrFormat("the TSIG %s %s", part, std::string(status.message()))};
}

// ldns would sign with an empty secret, and loses memory over a key that it cannot use.
absl::Status CheckKey(const TsigKey& key) {
  RETURN_IF_ERROR(Prefixed("key's name", CheckTsigName(key.name)));
  RETURN_IF_ERROR(Prefixed("algorithm", CheckTsigAlgorithm(key.algorithm)));
  return Prefixed("secret", CheckTsigSecret(key.secret_base64));
}

absl::Status PushRecord(ldns_rr_list* list, const Update& update, const TxtRecord& record) {
  if (!IsBelow(record.name, update.zone)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("'%s' is not a name below %s", record.name, update.zone));
  }
  if (record.value.size() > kMaxValueBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the value at '%s' is longer than 255 octets", record.name));
  }
  const std::string text = static_cast<char>(record.value.size()) + record.value;
  const bool add = update.kind == UpdateKind::kAdd;
  ldns_rr* rr = ldns_rr_new();
  ldns_rr_set_owner(rr, ParseName(record.name).release());
  ldns_rr_set_type(rr, LDNS_RR_TYPE_TXT);
  ldns_rr_set_class(rr, add ? LDNS_RR_CLASS_IN : LDNS_RR_CLASS_NONE);  // RFC 2136, 2.5.4
  ldns_rr_set_ttl(rr, add ? update.ttl_seconds : 0);
  ldns_rr_push_rdf(rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, text.size(), text.data()));
  ldns_rr_list_push_rr(list, rr);
  return absl::OkStatus();
}

std::string TsigErrorName(int error) {
  switch (error) {
    case 16:
      return "BADSIG: the secret differs";
    case 17:
      return "BADKEY: the server does not know the key, or not for this";
    case 18:
      return "BADTIME: the clocks differ";
    default:
      return absl::StrFormat("TSIG error %d", error);
  }
}

absl::Status RefusalFor(const ldns_pkt* reply) {
  const ldns_pkt_rcode rcode = ldns_pkt_get_rcode(reply);
  const Text name(ldns_pkt_rcode2str(rcode));
  std::string message = absl::StrFormat("the update was answered with %s",
                                        name == nullptr ? "an unknown code" : name.get());
  const ldns_rr* tsig = ldns_pkt_tsig(reply);
  if (tsig != nullptr && ldns_rr_rd_count(tsig) > kTsigError) {
    const int error = ldns_rdf2native_int16(ldns_rr_rdf(tsig, kTsigError));
    if (error != 0) message += ", " + TsigErrorName(error);
  }
  switch (rcode) {
    case LDNS_RCODE_NOTZONE:
      return absl::InvalidArgumentError(message);
    case LDNS_RCODE_REFUSED:
    case LDNS_RCODE_NOTAUTH:
      return absl::PermissionDeniedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

// ldns takes the algorithm from the reply, so that it is compared here, and no clock is needed: the
// signature covers the request's own.
bool IsSigned(ldns_pkt* reply, const std::string& octets, const SignedMessage& request,
              const TsigKey& key) {
  const ldns_rr* tsig = ldns_pkt_tsig(reply);
  if (tsig == nullptr || ldns_rr_rd_count(tsig) <= kTsigError) return false;
  const Rdf algorithm = ParseName(AlgorithmName(key.algorithm));
  if (ldns_dname_compare(ldns_rr_rdf(tsig, kTsigAlgorithm), algorithm.get()) != 0) return false;
  if (ldns_rdf2native_int16(ldns_rr_rdf(tsig, kTsigError)) != 0) return false;
  const Rdf mac(
      ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA, request.mac.size(), request.mac.data()));
  return ldns_pkt_tsig_verify(reply, reinterpret_cast<const std::uint8_t*>(octets.data()),
                              octets.size(), key.name.c_str(), key.secret_base64.c_str(),
                              mac.get());
}

std::uint16_t IdOf(const std::string& message) {
  if (message.size() < 2) return 0;
  return static_cast<std::uint16_t>(static_cast<unsigned char>(message[0]) << 8U |
                                    static_cast<unsigned char>(message[1]));
}

// Null when it is not an answer to `request`.
Packet ParseReply(const std::string& reply, const std::string& request) {
  Packet packet = ParsePacket(reply);
  if (packet == nullptr || !ldns_pkt_qr(packet.get())) return nullptr;
  return ldns_pkt_id(packet.get()) == IdOf(request) ? std::move(packet) : nullptr;
}

std::string JoinStrings(const ldns_rr* txt) {
  std::string value;
  for (std::size_t i = 0; i < ldns_rr_rd_count(txt); ++i) {
    value += RdfOctets(ldns_rr_rdf(txt, i)).substr(1);  // without the length octet
  }
  return value;
}

}  // namespace

absl::Status CheckTsigName(const std::string& name) {
  if (ParseName(name) != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError("is not a domain name");
}

absl::Status CheckTsigAlgorithm(const std::string& algorithm) {
  const std::string name = AlgorithmName(algorithm);
  if (name == "hmac-sha256." || name == "hmac-sha512.") return absl::OkStatus();
  return absl::InvalidArgumentError("must be hmac-sha256 or hmac-sha512");
}

absl::Status CheckTsigSecret(const std::string& secret_base64) {
  std::string octets;
  if (absl::Base64Unescape(secret_base64, &octets) && !octets.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("is not in base64, or empty");
}

bool IsBelow(const std::string& name, const std::string& zone) {
  const Rdf below = ParseName(name);
  const Rdf above = ParseName(zone);
  return below != nullptr && above != nullptr && ldns_dname_is_subdomain(below.get(), above.get());
}

absl::StatusOr<SignedMessage> BuildUpdate(const Update& update, std::span<const TxtRecord> records,
                                          const TsigKey& key) {
  RETURN_IF_ERROR(CheckKey(key));
  const RrList list(ldns_rr_list_new());
  for (const TxtRecord& record : records) RETURN_IF_ERROR(PushRecord(list.get(), update, record));
  Rdf zone = ParseName(update.zone);
  if (zone == nullptr) return absl::InvalidArgumentError("the zone is not a domain name");
  const Packet packet(
      ldns_update_pkt_new(zone.release(), LDNS_RR_CLASS_IN, nullptr, list.get(), nullptr));
  if (packet == nullptr) return absl::InternalError("ldns made no update");
  ldns_pkt_set_id(packet.get(), update.id);
  const ldns_status signed_as =
      ldns_pkt_tsig_sign(packet.get(), key.name.c_str(), key.secret_base64.c_str(), kFudgeSeconds,
                         AlgorithmName(key.algorithm).c_str(), nullptr);
  if (signed_as != LDNS_STATUS_OK) return absl::InternalError(ldns_get_errorstr_by_id(signed_as));
  ASSIGN_OR_RETURN(std::string octets, ToWire(packet.get()));
  return SignedMessage{.octets = std::move(octets),
                       .mac = RdfOctets(ldns_rr_rdf(ldns_pkt_tsig(packet.get()), kTsigMac))};
}

absl::Status CheckUpdateReply(const std::string& reply, const SignedMessage& request,
                              const TsigKey& key) {
  const Packet packet = ParseReply(reply, request.octets);
  if (packet == nullptr) return absl::UnavailableError("not an answer to the update");
  if (ldns_pkt_get_rcode(packet.get()) != LDNS_RCODE_NOERROR) return RefusalFor(packet.get());
  if (!IsSigned(packet.get(), reply, request, key)) {
    return absl::UnavailableError("the answer's signature does not verify");
  }
  return absl::OkStatus();
}

std::string BuildTxtQuery(const std::string& name, std::uint16_t id) {
  const Packet packet(ldns_pkt_query_new(ParseName(name).release(), LDNS_RR_TYPE_TXT,
                                         LDNS_RR_CLASS_IN, /*flags=*/0));
  ldns_pkt_set_id(packet.get(), id);
  return ToWire(packet.get()).value_or("");
}

absl::StatusOr<TxtAnswer> ParseTxtReply(const std::string& reply, const std::string& query) {
  const Packet asked = ParsePacket(query);
  const Packet packet = ParseReply(reply, query);
  if (asked == nullptr || packet == nullptr) return absl::UnavailableError("not a DNS answer");
  const ldns_pkt_rcode rcode = ldns_pkt_get_rcode(packet.get());
  if (rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN) {
    const Text name(ldns_pkt_rcode2str(rcode));
    return absl::UnavailableError(
        absl::StrFormat("answered %s", name == nullptr ? "an unknown code" : name.get()));
  }
  if (!ldns_pkt_aa(packet.get())) return absl::UnavailableError("answered without authority");

  const ldns_rdf* name = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(asked.get()), 0));
  TxtAnswer answer;
  const ldns_rr_list* records = ldns_pkt_answer(packet.get());
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
    const ldns_rr* rr = ldns_rr_list_rr(records, i);
    if (ldns_dname_compare(ldns_rr_owner(rr), name) != 0) continue;
    if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_TXT) answer.values.push_back(JoinStrings(rr));
    if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME) answer.has_cname = true;
  }
  return answer;
}

}  // namespace cert
