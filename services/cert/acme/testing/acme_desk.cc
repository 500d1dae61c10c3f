#include "cert/acme/testing/acme_desk.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "base/strings.h"
#include "cert/acme/problem.h"
#include "cert/acme/testing/acme_server_json.h"

namespace cert {
namespace {

using Json = nlohmann::json;

// `render` of the value; refusals as problems.
template <typename T, typename Render>
AcmeOutgoing Answer(const AcmeReply<T>& reply, Render render) {
  if (!reply.ok()) {
    return ProblemReply(MakeProblem("serverInternal", 500, std::string(reply.status().message())));
  }
  if (const auto* problem = std::get_if<AcmeProblem>(&*reply)) return ProblemReply(*problem);
  return render(std::get<T>(*reply));
}

AcmeOutgoing Nothing(const Done&) { return {.body = "{}"}; }

AcmeOutgoing Shown(const AcmeOrder& order) { return {.body = OrderJson(order)}; }

AcmeOutgoing NoSuchResource() {
  return ProblemReply(MakeProblem("malformed", 404, "no such resource"));
}

// A member of the payload that is text.
std::string Text(const Json& payload, const char* name) {
  const bool there = payload.is_object() && payload.contains(name) && payload[name].is_string();
  return there ? payload[name].get<std::string>() : std::string();
}

// A member of the payload that is base64url.
std::string OctetsOf(const Json& payload, const char* name) {
  return base::Base64UrlDecode(Text(payload, name)).value_or("");
}

AcmeCall CallOf(const std::string& path, const std::string& text, const Json& payload) {
  if (path == "/directory") return AcmeCall::kDirectory;
  if (path == "/nonce") return AcmeCall::kNewNonce;
  if (path == "/new-account") {
    const bool find = payload.is_object() && payload.value("onlyReturnExisting", false);
    return find ? AcmeCall::kFindAccount : AcmeCall::kNewAccount;
  }
  if (path == "/new-order") return AcmeCall::kNewOrder;
  if (path == "/key-change") return AcmeCall::kRollOverKey;
  if (path == "/revoke") return AcmeCall::kRevokeCertificate;
  if (absl::StartsWith(path, "/renewal-info/")) return AcmeCall::kRenewalInfo;
  if (absl::EndsWith(path, "/orders")) return AcmeCall::kListOrders;
  if (absl::EndsWith(path, "/finalize")) return AcmeCall::kFinalize;
  if (absl::StrContains(path, "/certificate")) return AcmeCall::kDownloadCertificate;
  if (absl::StartsWith(path, "/order/")) return AcmeCall::kGetOrder;
  if (absl::EndsWith(path, "/dns-01") || absl::EndsWith(path, "/http-01")) {
    return AcmeCall::kAnswerChallenge;
  }
  if (absl::StartsWith(path, "/authorization/")) {
    return text.empty() ? AcmeCall::kGetAuthorization : AcmeCall::kDeactivateAuthorization;
  }
  return AcmeCall::kOther;
}

}  // namespace

AcmeProblem MakeProblem(const std::string& name, int status, const std::string& detail) {
  AcmeProblem problem;
  problem.type = AcmeErrorType(name);
  problem.detail = detail;
  problem.http_status = status;
  return problem;
}

AcmeOutgoing ProblemReply(const AcmeProblem& problem, const std::string& retry_after) {
  return {.status = problem.http_status,
          .body = ProblemJson(problem),
          .type = "application/problem+json",
          .retry_after = retry_after};
}

std::string AcmeDesk::NewNonce() {
  std::string nonce = base::SystemRandom().Token();
  nonces_.insert(nonce);
  return nonce;
}

std::optional<AcmeOutgoing> AcmeDesk::Understand(const std::string& path, const std::string& body,
                                                 AcmeIncoming& incoming) {
  incoming.url = ca_.options().base_url + path;
  incoming.call = CallOf(path, "", Json());
  if (body.empty()) return std::nullopt;
  absl::StatusOr<VerifiedJws> jws = VerifyJws(body, [this](const std::string& url) {
    const auto known = keys_.find(ca_.KeyOf(url));
    return known == keys_.end() ? std::string() : known->second;
  });
  if (absl::IsNotFound(jws.status())) {
    return ProblemReply(MakeProblem("accountDoesNotExist", 400, "no such account"));
  }
  if (!jws.ok()) {
    return ProblemReply(MakeProblem("malformed", 400, std::string(jws.status().message())));
  }
  incoming.jws = *std::move(jws);
  incoming.payload = Json::parse(incoming.jws.payload, nullptr, false);
  incoming.call = CallOf(path, incoming.jws.payload, incoming.payload);
  incoming.signer = {.thumbprint = incoming.jws.thumbprint, .account_url = incoming.jws.kid};
  if (incoming.jws.url != incoming.url) {
    return ProblemReply(MakeProblem("unauthorized", 401, "the request is for another URL"));
  }
  if (nonces_.erase(incoming.jws.nonce) == 0) {
    return ProblemReply(MakeProblem("badNonce", 400, "unknown nonce"));
  }
  return std::nullopt;
}

AcmeOutgoing AcmeDesk::Serve(const AcmeIncoming& incoming) {
  const FakeSigner& signer = incoming.signer;
  const Json& payload = incoming.payload;
  switch (incoming.call) {
    case AcmeCall::kDirectory:
      return {.body = DirectoryJson(ca_.options().base_url, ca_.Metadata(),
                                    ca_.options().offers_renewal_info)};
    case AcmeCall::kNewNonce:
      return {};
    case AcmeCall::kNewAccount:
    case AcmeCall::kFindAccount:
      return ServeAccount(incoming);
    case AcmeCall::kRollOverKey:
      return ServeRollOver(incoming);
    case AcmeCall::kNewOrder:
      return ServeNewOrder(incoming);
    case AcmeCall::kListOrders:
      return Answer(ca_.ListOrders(signer),
                    [](const auto& urls) { return AcmeOutgoing{.body = OrderListJson(urls)}; });
    case AcmeCall::kGetOrder:
      return Answer(ca_.GetOrder(signer, incoming.url), Shown);
    case AcmeCall::kGetAuthorization:
      return ServeAuthorization(incoming);
    case AcmeCall::kAnswerChallenge:
      return Answer(ca_.AnswerChallenge(signer, incoming.url), Nothing);
    case AcmeCall::kFinalize:
      return Answer(ca_.Finalize(signer, incoming.url, OctetsOf(payload, "csr")), Shown);
    case AcmeCall::kDownloadCertificate:
      return ServeChain(incoming);
    case AcmeCall::kDeactivateAuthorization:
      return Answer(ca_.DeactivateAuthorization(signer, incoming.url), Nothing);
    case AcmeCall::kRevokeCertificate:
      return Answer(ca_.RevokeCertificate(signer, OctetsOf(payload, "certificate")), Nothing);
    case AcmeCall::kRenewalInfo:
      return ServeRenewalInfo(incoming);
    case AcmeCall::kOther:
      break;
  }
  return ServeOther(incoming);
}

AcmeOutgoing AcmeDesk::ServeAccount(const AcmeIncoming& incoming) {
  const bool find = incoming.call == AcmeCall::kFindAccount;
  const AcmeReply<std::string> reply =
      find ? ca_.FindAccount(incoming.signer) : ca_.NewAccount(incoming.signer);
  if (!find) keys_[incoming.jws.thumbprint] = incoming.jws.jwk;
  return Answer(reply, [](const std::string& url) {
    return AcmeOutgoing{.body = AccountJson(url), .location = url};
  });
}

// The payload is a JWS by the new key over the account and the old key (RFC 8555, 7.3.5).
AcmeOutgoing AcmeDesk::ServeRollOver(const AcmeIncoming& incoming) {
  const absl::StatusOr<VerifiedJws> inner =
      VerifyJws(incoming.jws.payload, [](const std::string&) { return std::string(); });
  if (!inner.ok()) {
    return ProblemReply(MakeProblem("malformed", 400, std::string(inner.status().message())));
  }
  const Json content = Json::parse(inner->payload, nullptr, false);
  const bool right = inner->url == incoming.url && Text(content, "account") == incoming.jws.kid &&
                     content.contains("oldKey") &&
                     ThumbprintOfJwk(content["oldKey"].dump()) == incoming.jws.thumbprint;
  if (!right) return ProblemReply(MakeProblem("malformed", 400, "account or old key is wrong"));
  keys_[inner->thumbprint] = inner->jwk;
  return Answer(ca_.RollOverKey(incoming.signer, inner->thumbprint), Nothing);
}

AcmeOutgoing AcmeDesk::ServeNewOrder(const AcmeIncoming& incoming) {
  const Json& payload = incoming.payload;
  if (!payload.is_object() || !payload.contains("identifiers")) {
    return ProblemReply(MakeProblem("malformed", 400, "no identifiers"));
  }
  AcmeOrderRequest request{
      .names = {}, .profile = Text(payload, "profile"), .replaces = Text(payload, "replaces")};
  for (const Json& identifier : payload["identifiers"]) {
    request.names.push_back(Text(identifier, "value"));
  }
  return Answer(ca_.NewOrder(incoming.signer, request), [](const AcmeOrder& order) {
    return AcmeOutgoing{.status = 201, .body = OrderJson(order), .location = order.url};
  });
}

AcmeOutgoing AcmeDesk::ServeAuthorization(const AcmeIncoming& incoming) {
  return Answer(ca_.GetAuthorization(incoming.signer, incoming.url),
                [this](const AcmeAuthorization& found) {
                  return AcmeOutgoing{.body = AuthorizationJson(found, ca_.TokenOf(found.url))};
                });
}

AcmeOutgoing AcmeDesk::ServeChain(const AcmeIncoming& incoming) const {
  return Answer(ca_.DownloadCertificate(incoming.signer, incoming.url), [](const AcmeChain& chain) {
    AcmeOutgoing reply{.body = chain.pem, .type = "application/pem-certificate-chain"};
    for (const std::string& url : chain.alternate_urls) {
      reply.links.push_back(absl::StrCat("<", url, ">;rel=\"alternate\""));
    }
    return reply;
  });
}

AcmeOutgoing AcmeDesk::ServeRenewalInfo(const AcmeIncoming& incoming) const {
  const std::string id = incoming.url.substr(incoming.url.rfind('/') + 1);
  return Answer(ca_.GetRenewalInfo(id), [](const std::optional<AcmeRenewalInfo>& info) {
    if (!info) return NoSuchResource();
    AcmeOutgoing reply{.body = RenewalInfoJson(*info)};
    if (info->retry_after) {
      reply.retry_after = absl::StrCat(absl::ToInt64Seconds(*info->retry_after));
    }
    return reply;
  });
}

// The account itself is asked for at its URL.
AcmeOutgoing AcmeDesk::ServeOther(const AcmeIncoming& incoming) const {
  const std::string key = ca_.KeyOf(incoming.url);
  if (key.empty() || key != incoming.signer.thumbprint) return NoSuchResource();
  return {.body = AccountJson(incoming.url)};
}

}  // namespace cert
