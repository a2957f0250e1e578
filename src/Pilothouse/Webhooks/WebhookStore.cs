using Pilothouse.Storage;

namespace Pilothouse.Webhooks;

/// <summary>The table <c>webhooks</c>, which only the server writes.</summary>
internal static class WebhookStore
{
    public const string Table = "webhooks";

    private const string Columns = "id, kind, name, bot_name, terms, secret_hash, seal, created_at, created_by, revoked_at";

    private static readonly Sql FindByName = new($"SELECT {Columns} FROM webhooks WHERE kind = @kind AND name = @name AND revoked_at IS NULL");

    private static readonly Sql FindById = new($"SELECT {Columns} FROM webhooks WHERE id = @id");

    private static readonly Sql List = new($"SELECT {Columns} FROM webhooks ORDER BY id DESC LIMIT 1000");

    private static readonly Sql Insert = new("""
        INSERT INTO webhooks(kind, name, bot_name, terms, secret_hash, seal, created_at, created_by)
        VALUES (@kind, @name, @bot_name, @terms, @secret_hash, @seal, @created_at, @created_by) RETURNING id
        """);

    private static readonly Sql SetTerms = new("UPDATE webhooks SET terms = @terms, seal = @seal WHERE id = @id");

    private static readonly Sql Revoke = new("UPDATE webhooks SET revoked_at = coalesce(revoked_at, @now), secret_hash = 'revoked:' || id WHERE id = @id");

    /// <summary>Returns the webhook of this name, unless it was revoked.</summary>
    public static ValueTask<Webhook?> FindAsync(Session session, string kind, string name) =>
        session.Prepare(FindByName).Set("kind", kind).Set("name", name).FirstAsync(Read);

    /// <summary>Returns a webhook by its id, revoked or not; null if there is none.</summary>
    public static ValueTask<Webhook?> FindAsync(Session session, long id) => session.Prepare(FindById).Set("id", (long?)id).FirstAsync(Read);

    public static ValueTask<List<Webhook>> ListAsync(Session session) => session.Prepare(List).ListAsync(Read);

    /// <returns>Its id.</returns>
    public static ValueTask<long> InsertAsync(Session session, Webhook hook) => session.Prepare(Insert)
        .Set("kind", hook.Kind).Set("name", hook.Name).Set("bot_name", hook.BotName).Set("terms", hook.Terms).Set("secret_hash", hook.SecretHash)
        .Set("seal", hook.Seal).Set("created_at", hook.CreatedAt).Set("created_by", hook.CreatedBy).InsertAsync();

    public static ValueTask<int> ChangeAsync(Session session, Webhook hook) =>
        session.Prepare(SetTerms).Set("terms", hook.Terms).Set("seal", hook.Seal).Set("id", (long?)hook.Id).ChangeAsync();

    /// <summary>Revokes a webhook for good: its hash is removed too, so that clearing revoked_at cannot bring it back.</summary>
    public static ValueTask<int> RevokeAsync(Session session, long id, DateTimeOffset now) =>
        session.Prepare(Revoke).Set("now", (DateTimeOffset?)now).Set("id", (long?)id).ChangeAsync();

    private static Webhook Read(Row row) => new(
        row.Id(0), row.Text(1) ?? "", row.Text(2) ?? "", row.Text(3) ?? "", row.Text(4) ?? "{}", row.Text(5) ?? "", row.Text(6) ?? "", row.Time(7),
        row.Text(8) ?? "", row.Time(9));
}
