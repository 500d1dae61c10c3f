// Orders with their authorizations, and what all tenants' orders know together.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cert/store/json_codec.h"
#include "cert/store/postgres_transaction.h"

namespace cert {
namespace {

// The statements that read are this and one of the conditions below.
constexpr char kOrders[] = R"(
SELECT r.tenant, r.id, r.certificate, r.ca, r.names, r.request_id, r.new_order_sent, r.order_url,
       r.finalize_url, r.key_id, encode(r.key_octets, 'hex') AS key_octets,
       encode(r.csr_der, 'hex') AS csr_der, r.finalize_sent, r.expire_time, r.finding,
       r.intent_time, r.key_type, r.caa_check_time, r.http_first, w.state, w.tries, w.start_time, w.due_time
FROM padlock.work AS w
JOIN padlock.orders AS r ON r.tenant = w.tenant AND r.id = w.id AND w.kind = 'order')";

constexpr char kOrderById[] = " WHERE r.tenant = $1 AND r.id = $2";
// By ids in both tables; see postgres_transaction_domains.cc.
constexpr char kOrdersByIds[] = R"(
WHERE r.tenant = $1 AND r.id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)))
  AND w.id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb))))";

constexpr char kInsertOrder[] = R"(
INSERT INTO padlock.orders (tenant, id, certificate, ca, names, intent_time, request_id,
  new_order_sent, order_url, finalize_url, delegation_target, key_id, key_octets, csr_der,
  finalize_sent, expire_time, finding, key_type, caa_check_time, names_digest)
VALUES ($1, $2, $3, $4, $5::jsonb, $6::timestamptz, $7, $8, $9, $10, '', $11, decode($12, 'hex'),
  decode($13, 'hex'), $14, $15::timestamptz, $16::jsonb, $17, $18::timestamptz,
  md5($5::jsonb::text)))";

constexpr char kUpdateOrder[] = R"(
UPDATE padlock.orders
SET request_id = $3, new_order_sent = $4, order_url = $5, finalize_url = $6, key_id = $7,
    key_octets = decode($8, 'hex'), csr_der = decode($9, 'hex'), finalize_sent = $10,
    expire_time = $11::timestamptz, finding = $12::jsonb, ca = $13,
    caa_check_time = $14::timestamptz, http_first = $15
WHERE tenant = $1 AND id = $2)";

constexpr char kHasTwinOrder[] = R"(
SELECT EXISTS (
  SELECT FROM padlock.orders AS o
  JOIN padlock.work AS w ON w.tenant = o.tenant AND w.kind = 'order' AND w.id = o.id
  WHERE o.tenant = $1 AND o.ca = $2 AND o.new_order_sent AND o.id <> $4
    AND o.names_digest = md5($3::jsonb::text)
    AND w.state NOT IN ('WITHDRAWING', 'COMPLETED', 'FAILED')))";

constexpr char kReleaseUrl[] = R"(
WITH over AS (
  UPDATE padlock.orders AS o SET order_url = '' FROM padlock.work AS w
  WHERE o.tenant = $1 AND o.order_url = $2 AND w.tenant = o.tenant AND w.kind = 'order'
    AND w.id = o.id AND w.state IN ('COMPLETED', 'FAILED')
  RETURNING o.id
)
DELETE FROM padlock.order_urls AS u USING over WHERE u.order_url = $2 AND u.order_id = over.id
RETURNING u.order_id)";

// A conflict on the URL itself is another order's: that one stays an error.
constexpr char kPutUrl[] = R"(
INSERT INTO padlock.order_urls (order_url, order_id) SELECT $1, $2 WHERE $1 <> ''
ON CONFLICT (order_id) DO UPDATE SET order_url = excluded.order_url
  WHERE order_urls.order_url <> excluded.order_url)";

constexpr char kUnknownUrls[] = R"(
SELECT asked.url FROM jsonb_array_elements_text($1::jsonb) WITH ORDINALITY AS asked (url, position)
WHERE NOT EXISTS (SELECT 1 FROM padlock.order_urls AS known WHERE known.order_url = asked.url)
ORDER BY asked.position)";

// In WITHDRAWING and CLOSING an order takes its tokens away: it wants none. `<> ''` lets the
// partial indexes serve, the target behind a SELECT is planned for once, and OFFSET 0 has each
// order looked up by its key: there are few at a target.
constexpr char kTokensWanted[] = R"(
SELECT DISTINCT a.txt_value
FROM (
  SELECT order_id FROM padlock.authorizations
  WHERE tenant = $1 AND delegation_target = (SELECT $2::text) AND delegation_target <> ''
  UNION
  SELECT id FROM padlock.orders
  WHERE tenant = $1 AND delegation_target = (SELECT $2::text) AND delegation_target <> ''
) AS o CROSS JOIN LATERAL (
  SELECT FROM padlock.work AS w
  WHERE w.tenant = $1 AND w.kind = 'order' AND w.id = o.order_id
    AND w.state IN ('INTENDED', 'PUBLISHING', 'PROPAGATING', 'VALIDATING', 'FINALIZING')
  OFFSET 0
) AS w CROSS JOIN LATERAL (
  SELECT a.txt_value FROM padlock.authorizations AS a
  WHERE a.tenant = $1 AND a.order_id = o.order_id AND a.txt_value <> ''
    AND a.delegation_target IN ($2, '')
  OFFSET 0
) AS a
WHERE o.order_id <> $3
ORDER BY a.txt_value)";

constexpr char kAuthorizations[] = R"(
SELECT a.order_id, a.url, a.identifier, a.wildcard, a.challenge_url, a.txt_value, a.valid,
       a.answered, a.domain, a.method, a.key_authorization,
       coalesce(nullif(a.delegation_target, ''), o.delegation_target) AS delegation_target
FROM padlock.authorizations AS a
JOIN padlock.orders AS o ON o.tenant = a.tenant AND o.id = a.order_id)";

constexpr char kOfOrder[] = " WHERE a.tenant = $1 AND a.order_id = $2 ORDER BY a.position";
constexpr char kOfOrders[] = R"(
WHERE a.tenant = $1 AND a.order_id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)))
ORDER BY a.order_id, a.position)";

constexpr char kDropAuthorizations[] =
    "DELETE FROM padlock.authorizations WHERE tenant = $1 AND order_id = $2 AND position > $3";

constexpr char kPutAuthorizations[] = R"(
INSERT INTO padlock.authorizations AS old (tenant, order_id, position, url, identifier, wildcard,
  challenge_url, txt_value, valid, answered, domain, method, delegation_target, key_authorization)
SELECT $1, $2, a.position, a.url, a.identifier, a.wildcard, a.challenge_url, a.txt_value, a.valid,
       a.answered, a.domain, a.method, a.delegation_target, a.key_authorization
FROM ROWS FROM (jsonb_to_recordset($3::jsonb) AS (
  url text, identifier text, wildcard boolean, challenge_url text, txt_value text, valid boolean,
  answered boolean, domain text, method text, delegation_target text, key_authorization text))
  WITH ORDINALITY AS a (url, identifier, wildcard, challenge_url, txt_value, valid, answered, domain,
                        method, delegation_target, key_authorization, position)
ON CONFLICT (tenant, order_id, position) DO UPDATE
SET url = excluded.url, identifier = excluded.identifier, wildcard = excluded.wildcard,
    challenge_url = excluded.challenge_url, txt_value = excluded.txt_value, valid = excluded.valid,
    answered = excluded.answered, domain = excluded.domain, method = excluded.method,
    delegation_target = excluded.delegation_target, key_authorization = excluded.key_authorization
WHERE old IS DISTINCT FROM excluded)";

constexpr char kPutHttpTokens[] = R"(
INSERT INTO padlock.http_tokens (token, order_id, hostname, key_authorization)
SELECT split_part(key_authorization, '.', 1), order_id, identifier, key_authorization
FROM padlock.authorizations
WHERE tenant = $1 AND order_id = $2 AND key_authorization <> '' AND NOT valid AND NOT wildcard
ON CONFLICT (token, order_id) DO NOTHING)";

constexpr char kDropHttpTokens[] = "DELETE FROM padlock.http_tokens WHERE order_id = $1";

// Whether the order's http-01 tokens are answered: as long as the CA may come for them.
bool AnswersHttp(OrderState state) {
  return state == OrderState::kPublishing || state == OrderState::kPropagating ||
         state == OrderState::kValidating;
}

Authorization AuthorizationFrom(const pqxx::row& row) {
  const RowReader reader(row);
  return {.url = reader.Text("url"),
          .identifier = reader.Text("identifier"),
          .wildcard = reader.Bool("wildcard"),
          .challenge_url = reader.Text("challenge_url"),
          .txt_value = reader.Text("txt_value"),
          .valid = reader.Bool("valid"),
          .answered = reader.Bool("answered"),
          .domain = DomainId(reader.Text("domain")),
          .method = RowReader::Parsed(ParseMethod(reader.Text("method"))),
          .delegation_target = reader.Text("delegation_target"),
          .key_authorization = reader.Text("key_authorization")};
}

Order OrderFrom(const pqxx::row& row, std::vector<Authorization> authorizations) {
  const RowReader reader(row);
  Order order{.tenant = TenantId(reader.Text("tenant")),
              .id = OrderId(reader.Text("id")),
              .certificate = CertificateId(reader.Text("certificate")),
              .ca = reader.Text("ca"),
              .names = reader.Texts("names"),
              .key_type = RowReader::Parsed(ParseKeyType(reader.Text("key_type"))),
              .request_id = reader.Text("request_id"),
              .progress = reader.Progress(ParseOrderState),
              .caa_check_time = reader.MaybeTime("caa_check_time"),
              .http_first = reader.MaybeBool("http_first"),
              .new_order_sent = reader.Bool("new_order_sent"),
              .order_url = reader.Text("order_url"),
              .finalize_url = reader.Text("finalize_url"),
              .authorizations = std::move(authorizations),
              .csr_der = reader.Octets("csr_der"),
              .finalize_sent = reader.Bool("finalize_sent"),
              .expire_time = reader.MaybeTime("expire_time"),
              .finding = reader.MaybeFinding("finding"),
              .intent_time = reader.Time("intent_time")};
  order.key = reader.MaybeSecret("key_id", "key_octets");
  return order;
}

std::vector<std::string> FirstColumn(const pqxx::result& rows) {
  std::vector<std::string> texts;
  for (const pqxx::row& row : rows) texts.push_back(row[0].as<std::string>());
  return texts;
}

}  // namespace

std::vector<Authorization> PostgresTransaction::ReadAuthorizations(Statements& sql,
                                                                   const OrderId& id) {
  std::vector<Authorization> authorizations;
  for (const pqxx::row& row :
       sql.exec_params(absl::StrCat(kAuthorizations, kOfOrder), tenant_.text(), id.text())) {
    authorizations.push_back(AuthorizationFrom(row));
  }
  return authorizations;
}

// Its URL and authorizations, which seldom change, as far as they are not stored already.
void PostgresTransaction::StoreCaParts(Statements& sql, const Order& order) {
  const auto read = read_.find(order.id);
  const OrderCaParts* const stored = read == read_.end() ? nullptr : &read->second;
  if (stored == nullptr || stored->url != order.order_url) {
    sql.Later(kPutUrl, order.order_url, order.id.text());
  }
  if (stored == nullptr || stored->authorizations != order.authorizations) {
    StoreAuthorizations(sql, order);
  }
  read_[order.id] = {.url = order.order_url, .authorizations = order.authorizations};
  const bool by_http = std::ranges::any_of(
      order.authorizations, [](const Authorization& it) { return !it.key_authorization.empty(); });
  if (!by_http) return;
  if (AnswersHttp(order.progress.state)) {
    sql.Later(kPutHttpTokens, tenant_.text(), order.id.text());
  } else {
    sql.Later(kDropHttpTokens, order.id.text());
  }
}

void PostgresTransaction::StoreAuthorizations(Statements& sql, const Order& order) {
  sql.Later(kDropAuthorizations, tenant_.text(), order.id.text(),
            static_cast<std::int64_t>(order.authorizations.size()));
  if (order.authorizations.empty()) return;
  sql.Later(kPutAuthorizations, tenant_.text(), order.id.text(),
            AuthorizationsToJson(order.authorizations));
}

absl::StatusOr<Order> PostgresTransaction::GetOrder(const OrderId& id) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<Order> {
    const pqxx::result found =
        sql.exec_params(absl::StrCat(kOrders, kOrderById, LockClause()), tenant_.text(), id.text());
    if (found.empty()) return absl::NotFoundError("no such order");
    NoteHeld(id.text());
    // A statement of its own: its snapshot is taken after the lock was waited for.
    Order order = OrderFrom(found[0], ReadAuthorizations(sql, id));
    if (access_ == Access::kWrite) {
      read_[id] = {.url = order.order_url, .authorizations = order.authorizations};
    }
    return order;
  });
}

absl::StatusOr<std::map<OrderId, Order>> PostgresTransaction::FindOrders(
    const std::vector<OrderId>& ids) {
  using Result = absl::StatusOr<std::map<OrderId, Order>>;
  return session_.Run([&](Statements& sql) -> Result {
    const std::string wanted = IdsToJson(ids);
    std::map<OrderId, Order> orders;
    for (const pqxx::row& row :
         sql.exec_params(absl::StrCat(kOrders, kOrdersByIds), tenant_.text(), wanted)) {
      Order order = OrderFrom(row, {});
      const OrderId id = order.id;
      orders.emplace(id, std::move(order));
    }
    for (const pqxx::row& row :
         sql.exec_params(absl::StrCat(kAuthorizations, kOfOrders), tenant_.text(), wanted)) {
      const auto order = orders.find(OrderId(RowReader(row).Text("order_id")));
      if (order != orders.end()) order->second.authorizations.push_back(AuthorizationFrom(row));
    }
    return orders;
  });
}

void PostgresTransaction::InsertOrderParts(Statements& sql, const Order& order) {
  sql.Later(kInsertOrder, tenant_.text(), order.id.text(), order.certificate.text(), order.ca,
            TextsToJson(order.names), TimeText(order.intent_time), order.request_id,
            order.new_order_sent, order.order_url, order.finalize_url, KeyIdText(order.key),
            KeyOctetsText(order.key), HexText(order.csr_der), order.finalize_sent,
            TimeText(order.expire_time), FindingText(order.finding), KeyTypeName(order.key_type),
            TimeText(order.caa_check_time));
  StoreCaParts(sql, order);
}

absl::Status PostgresTransaction::InsertOrder(const Order& order) {
  return session_.Run([&](Statements& sql) {
    InsertWork(sql, ToWorkRow(WorkKind::kOrder, order.id.text(), order.progress));
    InsertOrderParts(sql, order);
    return absl::OkStatus();
  });
}

absl::StatusOr<Lease> PostgresTransaction::InsertLeasedOrder(const Order& order) {
  if (lease_ == nullptr) return absl::InternalError("an order needs a lease to be leased under");
  return session_.Run([&](Statements& sql) -> absl::StatusOr<Lease> {
    InsertLeasedWork(sql, ToWorkRow(WorkKind::kOrder, order.id.text(), order.progress));
    InsertOrderParts(sql, order);
    return Lease{.kind = WorkKind::kOrder,
                 .tenant = tenant_,
                 .id = order.id.text(),
                 .token = lease_->token,
                 .claims = 1,
                 .deadline = lease_->deadline};
  });
}

absl::Status PostgresTransaction::UpdateOrder(const Order& order) {
  return session_.Run([&](Statements& sql) -> absl::Status {
    RETURN_IF_ERROR(UpdateRecord(
        sql, ToWorkRow(WorkKind::kOrder, order.id.text(), order.progress), kUpdateOrder,
        order.request_id, order.new_order_sent, order.order_url, order.finalize_url,
        KeyIdText(order.key), KeyOctetsText(order.key), HexText(order.csr_der), order.finalize_sent,
        TimeText(order.expire_time), FindingText(order.finding), order.ca,
        TimeText(order.caa_check_time), order.http_first));
    StoreCaParts(sql, order);
    return absl::OkStatus();
  });
}

absl::StatusOr<bool> PostgresTransaction::HasTwinOrder(const Order& order) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<bool> {
    return sql
        .exec_params1(kHasTwinOrder, tenant_.text(), order.ca, TextsToJson(order.names),
                      order.id.text())[0]
        .as<bool>();
  });
}

absl::StatusOr<bool> PostgresTransaction::ReleaseOrderUrl(const std::string& url) {
  return session_.Run([&](Statements& sql) -> absl::StatusOr<bool> {
    return !sql.exec_params(kReleaseUrl, tenant_.text(), url).empty();
  });
}

absl::StatusOr<std::vector<std::string>> PostgresTransaction::UnknownOrderUrls(
    const std::vector<std::string>& urls) {
  using Result = absl::StatusOr<std::vector<std::string>>;
  return session_.Run([&](Statements& sql) -> Result {
    return FirstColumn(sql.exec_params(kUnknownUrls, TextsToJson(urls)));
  });
}

absl::StatusOr<std::vector<std::string>> PostgresTransaction::TokensWanted(
    const std::string& target, const OrderId& except) {
  using Result = absl::StatusOr<std::vector<std::string>>;
  return session_.Run([&](Statements& sql) -> Result {
    return FirstColumn(sql.exec_params(kTokensWanted, tenant_.text(), target, except.text()));
  });
}

}  // namespace cert
