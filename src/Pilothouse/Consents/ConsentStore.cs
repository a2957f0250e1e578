using Pilothouse.Contract;
using Pilothouse.Storage;

namespace Pilothouse.Consents;

/// <summary>The table <c>consent_requests</c>, which only the server writes.</summary>
internal static class ConsentStore
{
    public const string Table = "consent_requests";

    /// <summary>How many waiting requests are looked at. An agent may have far fewer.</summary>
    private const int MostWaiting = 1000;

    public static readonly RecordColumns<ConsentRequest> Columns = new(
        Table, ConsentJson.Default.ConsentRequest,
        Column.Computed("asked_at", ColumnKind.Time),
        Column.Computed("expires_at", ColumnKind.Time),
        Column.OneOf("status", ConsentStatus.All),
        Column.Text("consent", longest: 50),
        Column.Text("operation", longest: 100),
        Column.Text("target", longest: 200),
        Column.Text("body", longest: BodyRules.Largest),
        Column.Bot(),
        Column.Text("door", longest: 20),
        Column.Text("asked_by", longest: 200),
        Column.Text("asked_by_name", longest: 200),
        Column.Computed("decided_at", ColumnKind.Time),
        Column.Text("decided_by", longest: 200),
        Column.Text("decided_by_name", longest: 200),
        Column.Text("reason", longest: 500),
        Column.Whole("result_status"),
        Column.Text("result", longest: BodyRules.Largest));

    public static readonly ListSql List = new(Table, Columns.Selection, "asked_at", ("status", "lower(status) = @status"), ("bot_name", "bot_name = @bot_name"))
    { Leaders = [], Groups = ["status bot_name"], TimeKey = "own_time_key(asked_at)" };

    private static readonly Sql Find = new($"SELECT {Columns.Selection}, credential, seal, body, address FROM {Table} WHERE id = @id");

    private static readonly Sql Waiting = new($"SELECT {Columns.Selection} FROM {Table} WHERE status = '{ConsentStatus.Waiting}' ORDER BY id LIMIT {MostWaiting}");

    private static readonly Sql Insert = new($"""
        INSERT INTO {Table}(asked_at, expires_at, status, consent, operation, target, body, bot_name, door, address, asked_by, asked_by_name, credential, seal)
        VALUES (@asked_at, @expires_at, @status, @consent, @operation, @target, @body, @bot_name, @door, @address, @asked_by, @asked_by_name, @credential, @seal) RETURNING id
        """);

    private static readonly Sql Decide = new($"""
        UPDATE {Table} SET status = @status, decided_at = @decided_at, decided_by = @decided_by, decided_by_name = @decided_by_name, reason = @reason,
          result_status = @result_status, result = @result WHERE id = @id AND status = '{ConsentStatus.Waiting}'
        """);

    private static readonly int Width = Columns.Names.Count() + 1;

    public static ValueTask<KeptConsent?> FindAsync(Session session, long id) => session.Prepare(Find).Set("id", (long?)id).FirstAsync(static row =>
        new KeptConsent(Columns.Read(row), row.Text(Width) ?? "", row.Text(Width + 1) ?? "", row.Text(Width + 2), row.Text(Width + 3)));

    /// <summary>Returns the requests that wait, the oldest first.</summary>
    public static ValueTask<List<ConsentRequest>> WaitingAsync(Session session) => session.Prepare(Waiting).ListAsync(Columns.Read);

    /// <summary>Stores a new request.</summary>
    /// <returns>Its id.</returns>
    public static ValueTask<long> InsertAsync(Session session, KeptConsent kept) => session.Prepare(Insert)
        .Set("asked_at", kept.Request.AskedAt).Set("expires_at", kept.Request.ExpiresAt).Set("status", kept.Request.Status).Set("consent", kept.Request.Consent)
        .Set("operation", kept.Request.Operation).Set("target", kept.Request.Target).Set("body", kept.Text).Set("bot_name", kept.Request.BotName)
        .Set("door", kept.Request.Door).Set("address", kept.Address).Set("asked_by", kept.Request.AskedBy).Set("asked_by_name", kept.Request.AskedByName)
        .Set("credential", kept.Credential).Set("seal", kept.Seal).InsertAsync();

    /// <summary>Stores a decision.</summary>
    /// <returns>Whether the request was waiting until now.</returns>
    public static async ValueTask<bool> DecideAsync(Session session, long id, ConsentDecision decision) => await session.Prepare(Decide)
        .Set("status", decision.Status).Set("decided_at", (DateTimeOffset?)decision.At).Set("decided_by", decision.By.Owner).Set("decided_by_name", decision.By.DisplayName)
        .Set("reason", decision.Reason).Set("result_status", decision.ResultStatus).Set("result", decision.Result).Set("id", (long?)id).ExecuteAsync() > 0;
}

/// <summary>What became of a request.</summary>
/// <param name="Status">One of <see cref="ConsentStatus"/>.</param>
/// <param name="By">Who decided.</param>
/// <param name="ResultStatus">The HTTP status of the work; null if there was none.</param>
/// <param name="Result">Its answer in JSON; null if there was none.</param>
internal sealed record ConsentDecision(string Status, DateTimeOffset At, Auth.Caller By, string? Reason = null, long? ResultStatus = null, string? Result = null);
