#include "cert/store/json_codec.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/enum_names.h"

namespace cert {
namespace {

using ::observation::Clue;
using ::observation::Observation;
using ::observation::RecordType;
using ::observation::Scope;
using ::observation::ServerRole;
using Json = nlohmann::json;

constexpr base::EnumNames<RecordType, 4> kRecordTypes{{{RecordType::kTxt, "TXT"},
                                                       {RecordType::kCname, "CNAME"},
                                                       {RecordType::kCaa, "CAA"},
                                                       {RecordType::kHttp, "HTTP"}}};
constexpr base::EnumNames<Scope, 3> kScopes{
    {{Scope::kAuthoritative, "authoritative"},
     {Scope::kAuthoritativeThenRecursive, "authoritative_then_recursive"},
     {Scope::kAllAtOnce, "all_at_once"}}};
constexpr base::EnumNames<ServerRole, 2> kRoles{
    {{ServerRole::kAuthoritative, "authoritative"}, {ServerRole::kRecursive, "recursive"}}};

// Throws, as nlohmann does for a value of another type; Read() below ends both.
template <typename T>
T Parsed(std::optional<T> value) {
  if (!value.has_value()) throw std::invalid_argument("unknown word");
  return *std::move(value);
}

// jsonb has no NUL.
std::string Clean(std::string text) {
  for (std::string::size_type at = text.find('\0'); at != std::string::npos;
       at = text.find('\0', at)) {
    text.replace(at, 1, "\xEF\xBF\xBD");
  }
  return text;
}

std::vector<std::string> Clean(std::vector<std::string> texts) {
  for (std::string& text : texts) text = Clean(std::move(text));
  return texts;
}

std::string Write(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

template <typename T>
absl::StatusOr<T> Read(const std::string& text, T (*from)(const Json&)) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InternalError("stored JSON cannot be parsed");
  try {
    return from(json);
  } catch (const std::exception&) {
    return absl::InternalError("stored JSON has an unexpected shape");
  }
}

template <typename T>
std::vector<T> ListFrom(const Json& json, T (*from)(const Json&)) {
  if (!json.is_array()) throw std::invalid_argument("not an array");
  std::vector<T> list;
  for (const Json& item : json) list.push_back(from(item));
  return list;
}

template <typename T>
Json ListTo(const std::vector<T>& list, Json (*to)(const T&)) {
  Json json = Json::array();
  for (const T& item : list) json.push_back(to(item));
  return json;
}

std::string Text(const Json& json, const char* member) { return json.value(member, std::string()); }

std::vector<std::string> Texts(const Json& json, const char* member) {
  return json.value(member, std::vector<std::string>());
}

// nlohmann converts a fraction, or a number out of range, to whatever comes out.
template <typename T>
std::optional<T> MaybeInteger(const Json& json, const char* member) {
  const auto found = json.find(member);
  if (found == json.end()) return std::nullopt;
  const auto integer = found->is_number_integer() ? found->get<std::int64_t>() : -1;
  if (!std::in_range<T>(integer)) throw std::invalid_argument("not an integer, or out of range");
  return static_cast<T>(integer);
}

std::int64_t Integer(const Json& json, const char* member) {
  return MaybeInteger<std::int64_t>(json, member).value_or(0);
}

// While a new version is being rolled out, its findings may be unknown to this one; their sentences
// say the same nevertheless.
Finding FindingFrom(const Json& json) {
  const auto code = ParseFindingCode(json.at("code").get<std::string>());
  return {.code = code.value_or(FindingCode::kServiceTrouble),
          .sentence = Text(json, "sentence"),
          .record_type = Text(json, "record_type"),
          .record_name = Text(json, "record_name"),
          .expected = Text(json, "expected"),
          .seen = Texts(json, "seen"),
          .where = Texts(json, "where"),
          .fix = Text(json, "fix"),
          .fix_relative_name = Text(json, "fix_relative_name")};
}

Json ObservationTo(const Observation& observation) {
  Json json = {
      {"role", base::NameIn(kRoles, observation.role)},
      {"server", Clean(observation.server)},
      {"address", Clean(observation.address)},
      {"zone", Clean(observation.zone)},
      {"outcome", observation::OutcomeName(observation.outcome)},
      {"vote", observation::VoteName(observation.vote)},
      {"rcode", observation.rcode},
      {"owner", Clean(observation.owner)},
      {"cname_chain", Clean(observation.cname_chain)},
      {"values", Clean(observation.values)},
      {"ttl_seconds", absl::ToInt64Seconds(observation.ttl)},
      {"negative_ttl_seconds", absl::ToInt64Seconds(observation.negative_ttl)},
      {"authenticated_data", observation.authenticated_data},
      {"over_tcp", observation.over_tcp},
      {"round_trip_time_us", absl::ToInt64Microseconds(observation.round_trip_time)},
      {"observe_time_us", absl::ToUnixMicros(observation.observe_time)},
      {"note", Clean(observation.note)},
  };
  if (observation.extended_error.has_value()) json["extended_error"] = *observation.extended_error;
  if (observation.soa_serial.has_value()) json["soa_serial"] = *observation.soa_serial;
  for (const Clue clue : observation.clues) json["clues"].push_back(observation::ClueName(clue));
  if (observation.cache_expire_time.has_value()) {
    json["cache_expire_time_us"] = absl::ToUnixMicros(*observation.cache_expire_time);
  }
  if (observation.validating.has_value()) json["validating"] = *observation.validating;
  if (!observation.asked_zone.empty()) json["asked_zone"] = Clean(observation.asked_zone);
  return json;
}

std::vector<Clue> CluesFrom(const Json& json) {
  std::vector<Clue> clues;
  for (const std::string& name : Texts(json, "clues")) {
    // A newer replica may have written one that this one does not know.
    if (const std::optional<Clue> clue = observation::ParseClue(name)) clues.push_back(*clue);
  }
  return clues;
}

std::optional<absl::Time> CacheExpireTime(const Json& json) {
  const auto micros = MaybeInteger<std::int64_t>(json, "cache_expire_time_us");
  return micros ? std::optional(absl::FromUnixMicros(*micros)) : std::nullopt;
}

// Older rows do not have it.
std::optional<bool> Validating(const Json& json) {
  const auto found = json.find("validating");
  return found == json.end() ? std::nullopt : std::optional(found->get<bool>());
}

Observation ObservationFrom(const Json& json) {
  return {
      .role = Parsed(base::ValueIn(kRoles, json.at("role").get<std::string>())),
      .server = Text(json, "server"),
      .address = Text(json, "address"),
      .zone = Text(json, "zone"),
      .outcome = Parsed(observation::ParseOutcome(json.at("outcome").get<std::string>())),
      .vote = Parsed(observation::ParseVote(json.at("vote").get<std::string>())),
      .rcode = MaybeInteger<int>(json, "rcode").value_or(0),
      .extended_error = MaybeInteger<int>(json, "extended_error"),
      .owner = Text(json, "owner"),
      .cname_chain = Texts(json, "cname_chain"),
      .values = Texts(json, "values"),
      .ttl = absl::Seconds(Integer(json, "ttl_seconds")),
      .negative_ttl = absl::Seconds(Integer(json, "negative_ttl_seconds")),
      .soa_serial = MaybeInteger<std::uint32_t>(json, "soa_serial"),
      .authenticated_data = json.value("authenticated_data", false),
      .over_tcp = json.value("over_tcp", false),
      .round_trip_time = absl::Microseconds(Integer(json, "round_trip_time_us")),
      .observe_time = absl::FromUnixMicros(Integer(json, "observe_time_us")),
      .note = Text(json, "note"),
      .clues = CluesFrom(json),
      .cache_expire_time = CacheExpireTime(json),
      .validating = Validating(json),
      .asked_zone = Text(json, "asked_zone"),
  };
}

Json ViewTo(const View& view) {
  return {{"perspective", Clean(view.perspective)},
          {"worker", Clean(view.worker)},
          {"observations", ListTo(view.observations, ObservationTo)},
          {"failure", Clean(view.failure)}};
}

View ViewFrom(const Json& json) {
  return {.perspective = json.at("perspective").get<std::string>(),
          .worker = Text(json, "worker"),
          .observations = ListFrom(json.at("observations"), ObservationFrom),
          .failure = Text(json, "failure")};
}

Json CaaTo(const CaaExpectation& caa) {
  return {{"issuer_domains", Clean(caa.issuer_domains)},
          {"account_uri", Clean(caa.account_uri)},
          {"validation_method", Clean(caa.validation_method)},
          {"wildcard", caa.wildcard}};
}

std::optional<CaaExpectation> CaaFrom(const Json& question) {
  const auto found = question.find("caa");
  if (found == question.end()) return std::nullopt;
  return CaaExpectation{.issuer_domains = Texts(*found, "issuer_domains"),
                        .account_uri = Text(*found, "account_uri"),
                        .validation_method = Text(*found, "validation_method"),
                        .wildcard = found->value("wildcard", false)};
}

Json AnswerTo(const Answer& answer) {
  Json json = {{"name", Clean(answer.question.name)},
               {"type", base::NameIn(kRecordTypes, answer.question.type)},
               {"scope", base::NameIn(kScopes, answer.question.scope)},
               {"expected_values", Clean(answer.question.expected_values)},
               {"views", ListTo(answer.views, ViewTo)}};
  if (answer.question.caa) json["caa"] = CaaTo(*answer.question.caa);
  return json;
}

Answer AnswerFrom(const Json& json) {
  return {
      .question = {.name = json.at("name").get<std::string>(),
                   .type = Parsed(base::ValueIn(kRecordTypes, json.at("type").get<std::string>())),
                   .scope = Parsed(base::ValueIn(kScopes, json.at("scope").get<std::string>())),
                   .expected_values = Texts(json, "expected_values"),
                   .caa = CaaFrom(json)},
      .views = ListFrom(json.at("views"), ViewFrom)};
}

Json AuthorizationTo(const Authorization& authorization) {
  return {{"url", Clean(authorization.url)},
          {"identifier", Clean(authorization.identifier)},
          {"wildcard", authorization.wildcard},
          {"challenge_url", Clean(authorization.challenge_url)},
          {"txt_value", Clean(authorization.txt_value)},
          {"valid", authorization.valid},
          {"answered", authorization.answered},
          {"domain", authorization.domain.text()},
          {"method", MethodName(authorization.method)},
          {"delegation_target", authorization.delegation_target},
          {"key_authorization", Clean(authorization.key_authorization)}};
}

// No retry time: not by itself.
Json CaFailureTo(const CaFailure& failure) {
  Json json = {{"ca", Clean(failure.ca)},
               {"trouble", CaTroubleName(failure.trouble)},
               {"count", failure.count},
               {"time_us", absl::ToUnixMicros(failure.time)}};
  if (failure.retry_time != absl::InfiniteFuture()) {
    json["retry_time_us"] = absl::ToUnixMicros(failure.retry_time);
  }
  return json;
}

CaFailure CaFailureFrom(const Json& json) {
  const auto retry = MaybeInteger<std::int64_t>(json, "retry_time_us");
  return {.ca = json.at("ca").get<std::string>(),
          // One that a newer replica has written is at least a failure.
          .trouble = ParseCaTrouble(Text(json, "trouble")).value_or(CaTrouble::kOrderFailed),
          .count = MaybeInteger<int>(json, "count").value_or(1),
          .time = absl::FromUnixMicros(Integer(json, "time_us")),
          .retry_time = retry ? absl::FromUnixMicros(*retry) : absl::InfiniteFuture()};
}

Json EventTo(const Event& event) {
  return {{"type", EventTypeName(event.type)},
          {"domain", event.domain.text()},
          {"certificate", event.certificate.text()},
          {"order_id", event.order.text()},
          {"actor", Clean(event.actor)},
          {"request_id", Clean(event.request_id)},
          {"message", Clean(event.message)},
          {"attempt", event.attempt}};
}

Json FindingTo(const Finding& finding) {
  return {{"code", FindingCodeName(finding.code)},
          {"sentence", Clean(finding.sentence)},
          {"record_type", Clean(finding.record_type)},
          {"record_name", Clean(finding.record_name)},
          {"expected", Clean(finding.expected)},
          {"seen", Clean(finding.seen)},
          {"where", Clean(finding.where)},
          {"fix", Clean(finding.fix)},
          {"fix_relative_name", Clean(finding.fix_relative_name)}};
}

Json SetAsideTo(const SetAsideName& name) {
  return {{"name", name.name},
          {"times", name.times},
          {"retry_time_us", absl::ToUnixMicros(name.retry_time)},
          {"why", FindingTo(name.why)}};
}

SetAsideName SetAsideFrom(const Json& json) {
  return {.name = Text(json, "name"),
          .times = MaybeInteger<int>(json, "times").value_or(1),
          .retry_time = absl::FromUnixMicros(Integer(json, "retry_time_us")),
          .why = FindingFrom(json.at("why"))};
}

}  // namespace

std::string FindingToJson(const Finding& finding) { return Write(FindingTo(finding)); }

absl::StatusOr<Finding> FindingFromJson(const std::string& json) { return Read(json, FindingFrom); }

std::string SettingsToJson(const CertificateSettings& settings) {
  return Write({{"authorities", settings.authorities},
                {"partial", settings.partial},
                {"profile", settings.profile},
                {"keys", KeyChoiceName(settings.keys)},
                {"csr_pem", settings.csr_pem},
                {"backup", settings.backup},
                {"method", settings.method ? MethodName(*settings.method) : ""}});
}

absl::StatusOr<CertificateSettings> SettingsFromJson(const std::string& json) {
  return Read<CertificateSettings>(json, [](const Json& settings) {
    const std::string keys = settings.value("keys", KeyChoiceName(KeyChoice::kEcdsaP256));
    return CertificateSettings{.authorities = Texts(settings, "authorities"),
                               .partial = settings.value("partial", false),
                               .profile = Text(settings, "profile"),
                               .keys = Parsed(ParseKeyChoice(keys)),
                               .csr_pem = Text(settings, "csr_pem"),
                               .backup = settings.value("backup", false),
                               .method = ParseMethod(Text(settings, "method"))};
  });
}

std::string EvidenceToJson(const Evidence& evidence) { return Write(ListTo(evidence, AnswerTo)); }

absl::StatusOr<Evidence> EvidenceFromJson(const std::string& json) {
  return Read<Evidence>(json, [](const Json& list) { return ListFrom(list, AnswerFrom); });
}

std::string TextsToJson(const std::vector<std::string>& texts) { return Write(Clean(texts)); }

absl::StatusOr<std::vector<std::string>> TextsFromJson(const std::string& json) {
  return Read<std::vector<std::string>>(
      json, [](const Json& list) { return list.get<std::vector<std::string>>(); });
}

std::string CaFailuresToJson(const std::vector<CaFailure>& failures) {
  return Write(ListTo(failures, CaFailureTo));
}

absl::StatusOr<std::vector<CaFailure>> CaFailuresFromJson(const std::string& json) {
  return Read<std::vector<CaFailure>>(
      json, [](const Json& list) { return ListFrom(list, CaFailureFrom); });
}

std::string SetAsideToJson(const std::vector<SetAsideName>& names) {
  return Write(ListTo(names, SetAsideTo));
}

absl::StatusOr<std::vector<SetAsideName>> SetAsideFromJson(const std::string& json) {
  return Read<std::vector<SetAsideName>>(
      json, [](const Json& list) { return ListFrom(list, SetAsideFrom); });
}

std::string AuthorizationsToJson(const std::vector<Authorization>& authorizations) {
  return Write(ListTo(authorizations, AuthorizationTo));
}

std::string EventsToJson(const std::vector<Event>& list) { return Write(ListTo(list, EventTo)); }

}  // namespace cert
