using System.Text.Json.Nodes;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Bots;

/// <summary>What an owner asks of a bot, and what the bot has heard and done of it.</summary>
public sealed class BotControlTests
{
    private const string Control = "/api/bots/alpha/control";
    private const string Heard = Control + "/heard";
    private const string Paused = """{"state":"paused","reason":"news at 14:00"}""";

    [Fact]
    public async Task A_bot_of_which_nothing_was_asked_runs()
    {
        await using var server = await TestServer.StartAsync();
        WriteChecks.Same("""
            {"success":true,"data":{"bot_name":"alpha","control_seq":null,"state":"running","mode":null,"emergency_close":false,"open_trades":null,"reason":null,
            "asked_at":null,"asked_by":null,"progress":null,"heard_at":null,"done_at":null,"asked":{"state":null,"mode":null,"emergency_close":null},"said":[],"controls":[]}}
            """, await server.GetAsync(Control));
    }

    [Fact]
    public async Task What_is_asked_is_in_the_next_answer_to_a_report_and_goes_from_asked_to_heard_to_done()
    {
        await using var server = await TestServer.StartAsync();
        await ReportAsync(server, "alpha");
        var asked = await server.PostAsync(Control, Paused);
        Assert.Equal(1, (int)asked["control_seq"]!);
        Assert.Empty(asked["warnings"]!.AsArray());
        Assert.Equal(("asked", null, null), await ProgressAsync(server));

        server.Clock.Advance(TimeSpan.FromSeconds(10));
        var answer = await ReportAsync(server, "alpha");
        WriteChecks.Same("""
            {"bot_name":"alpha","control_seq":1,"state":"paused","mode":null,"emergency_close":false,"open_trades":null,"reason":"news at 14:00",
            "asked_at":"2026-03-02T12:00:00+00:00","asked_by":"key:1"}
            """, answer["control"]!);
        Assert.Equal(("asked", null, null), await ProgressAsync(server));

        await ReportAsync(server, "alpha", ""","control_seq":1""");
        Assert.Equal(("heard", "2026-03-02T12:00:10+00:00", null), await ProgressAsync(server));
        server.Clock.Advance(TimeSpan.FromSeconds(10));
        await ReportAsync(server, "alpha", ""","control_seq":1""");
        var done = await server.PostAsync(Heard, """{"control_seq":1,"done":true}""", 200);
        Assert.Equal("Control done", (string?)done["message"]);
        Assert.Equal(("done", "2026-03-02T12:00:10+00:00", "2026-03-02T12:00:20+00:00"), await ProgressAsync(server));

        var view = (await server.GetAsync(Control))["data"]!;
        Assert.Equal("news at 14:00", (string?)view["asked"]!["state"]!["reason"]);
        Assert.Equal("key:1", (string?)view["asked"]!["state"]!["asked_by"]);
        Assert.Equal("tests", (string?)view["asked"]!["state"]!["asked_by_name"]);
        Assert.Equal("bot_controls 1 asked,bot_control_acks 1 heard,bot_control_acks 1 done", Events(server));
    }

    [Fact]
    public async Task Each_field_keeps_what_was_asked_last_for_the_bot_or_for_all_bots()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Control, """{"mode":"PAPER","reason":"first"}""");
        await server.PostAsync("/api/bots/*/control", """{"state":"Paused","reason":"all wait"}""");
        Assert.Equal("2 paused paper", await OrdersAsync(server, "alpha"));
        Assert.Equal("2 paused ", await OrdersAsync(server, "beta"));

        await server.PostAsync(Control, """{"state":"running"}""");
        Assert.Equal("3 running paper", await OrdersAsync(server, "alpha"));
        Assert.Equal("2 paused ", await OrdersAsync(server, "beta"));

        await server.PostAsync("/api/bots/*/control", """{"mode":"manual"}""");
        Assert.Equal("4 running manual", await OrdersAsync(server, "alpha"));
        Assert.Equal("4 paused manual", await OrdersAsync(server, "beta"));
        Assert.Equal([4, 3, 2, 1], (await server.GetAsync(Control))["data"]!["controls"]!.AsArray().Select(static row => (int)row!["control_seq"]!));
        Assert.Equal([4], (await server.GetAsync($"{Control}?limit=1"))["data"]!["controls"]!.AsArray().Select(static row => (int)row!["control_seq"]!));
    }

    [Fact]
    public async Task An_emergency_pauses_and_is_over_for_a_bot_when_that_bot_has_done_it()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/bots/*/control", """{"emergency_close":true,"reason":"exchange is hacked"}""");
        Assert.All(["alpha", "beta"], bot => Assert.Equal(("paused", true), Emergency(server, bot)));
        await server.PostAsync(Heard, """{"control_seq":1}""", 200);
        Assert.Equal(("paused", true), Emergency(server, "alpha"));
        await server.PostAsync(Heard, """{"control_seq":1,"done":true}""", 200);
        Assert.Equal(("paused", false), Emergency(server, "alpha"));
        Assert.Equal(("paused", true), Emergency(server, "beta"));

        var all = (await server.GetAsync("/api/bots/*/control"))["data"]!;
        Assert.Equal("alpha 1", string.Join(',', all["said"]!.AsArray().Select(static said => $"{said!["bot_name"]} {said["control_seq"]}")));
        await server.PostAsync("/api/bots/beta/control", """{"emergency_close":false}""");
        Assert.Equal(("paused", false), Emergency(server, "beta"));
        await server.PostAsync("/api/bots/beta/control", """{"emergency_close":true,"state":"running"}""");
        Assert.Equal(("running", true), Emergency(server, "beta"));
    }

    [Fact]
    public async Task A_stopped_bot_leaves_its_trades_unless_it_is_told_to_close_them()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal("leave", (string?)(await server.PostAsync(Control, """{"state":"stopped"}"""))["control"]!["open_trades"]);
        Assert.Equal("close", (string?)(await server.PostAsync(Control, """{"state":"stopped","open_trades":"Close"}"""))["control"]!["open_trades"]);
        Assert.Null((string?)(await server.PostAsync(Control, """{"state":"running"}"""))["control"]!["open_trades"]);
    }

    [Fact]
    public async Task A_later_control_that_was_heard_covers_those_before_it_and_an_older_one_says_nothing_new()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            await server.PostAsync(Control, Paused);
        }

        await server.PostAsync(Heard, """{"control_seq":2}""", 200);
        Assert.Equal("3:- 2:h 1:h", await RowsAsync(server));
        Assert.StartsWith("This control or a later one was heard before", (string?)(await server.PostAsync(Heard, """{"control_seq":1}""", 200))["message"], StringComparison.Ordinal);
        await server.PostAsync(Heard, """{"control_seq":1,"done":true}""", 200);
        Assert.Equal("3:- 2:h 1:hd", await RowsAsync(server));
        await server.PostAsync(Heard, """{"control_seq":3,"done":true}""", 200);
        Assert.Equal("3:hd 2:hd 1:hd", await RowsAsync(server));
        var (_, repeated) = await server.Client.SendAsync("POST", Heard, """{"control_seq":2,"done":true}""");
        Assert.StartsWith("This control or a later one was done before", (string?)repeated["message"], StringComparison.Ordinal);
        await ReportAsync(server, "alpha", ""","control_seq":1""");
        Assert.Equal("3", server.Sql("SELECT count(*) FROM bot_control_acks"));
    }

    [Fact]
    public async Task A_control_of_a_bot_that_never_reported_is_taken_with_a_warning()
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.PostAsync(Control, Paused);
        Assert.Contains("No bot of this name has reported yet", (string?)answer["warnings"]![0], StringComparison.Ordinal);
        Assert.Equal("paused", (string?)(await ReportAsync(server, "alpha"))["control"]!["state"]);
        Assert.Empty((await server.PostAsync("/api/bots/*/control", Paused))["warnings"]!.AsArray());
    }

    [Theory]
    [InlineData("{}", "state")]
    [InlineData("""{"reason":"why"}""", "state")]
    [InlineData("""{"state":"asleep"}""", "state")]
    [InlineData("""{"state":1}""", "state")]
    [InlineData("""{"mode":"dream"}""", "mode")]
    [InlineData("""{"emergency_close":"yes"}""", "emergency_close")]
    [InlineData("""{"emergency_close":1}""", "emergency_close")]
    [InlineData("""{"state":"paused","open_trades":"close"}""", "open_trades")]
    [InlineData("""{"state":"stopped","open_trades":"sell"}""", "open_trades")]
    [InlineData("""{"state":"paused","emergencyClose":true}""", "emergencyClose")]
    [InlineData("""{"state":"paused","resaon":"x"}""", "resaon")]
    public Task A_wrong_control_is_named_and_nothing_is_stored(string json, string field) => WriteChecks.RefusesAsync(Control, json, "bot_controls", field);

    [Fact]
    public async Task A_reason_that_is_too_long_and_a_name_that_no_bot_has_are_refused()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Control, $$"""{"state":"paused","reason":"{{new string('x', 501)}}"}""", 400);
        await server.PostAsync($"/api/bots/{new string('x', 101)}/control", Paused, 400);
        await server.PostAsync("/api/bots/a%0Ab/control", Paused, 400);
        Assert.Equal("0", server.Sql("SELECT count(*) FROM bot_controls"));
    }

    [Fact]
    public Task Without_a_credential_nothing_is_asked() => WriteChecks.NeedsCredentialAsync(Control, Paused, "bot_controls");

    [Fact]
    public async Task The_same_control_with_an_idempotency_key_is_asked_once()
    {
        await using var server = await TestServer.StartAsync();
        var (_, first) = await server.Client.SendAsync("POST", Control, Paused, ("Idempotency-Key", "a"));
        var (status, again) = await server.Client.SendAsync("POST", Control, Paused, ("Idempotency-Key", "a"));
        Assert.Equal(201, status);
        WriteChecks.Same(first.ToJsonString(), again);
        Assert.Equal(409, (await server.Client.SendAsync("POST", Control, """{"state":"running"}""", ("Idempotency-Key", "a"))).Status);
        Assert.Equal("1", server.Sql("SELECT count(*) FROM bot_controls"));
    }

    [Fact]
    public async Task Only_the_scope_control_asks_and_a_key_of_one_bot_speaks_for_that_bot_only()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/bots/beta/control", Paused);
        using var writer = server.ClientWithKey(await server.CreateKeyAsync("writer", "read", "write"));
        Assert.Equal((403, "scope-needed"), await CodeAsync(writer, Control, Paused));

        using var bound = server.ClientWithKey((string)(await server.PostAsync("/api/keys", """{"name":"k","scopes":["write","control"],"bot_name":"alpha"}"""))["key"]!);
        Assert.Equal((403, "wrong-bot"), await CodeAsync(bound, "/api/bots/beta/control", Paused));
        Assert.Equal((403, "wrong-bot"), await CodeAsync(bound, "/api/bots/*/control", Paused));
        Assert.Equal((403, "wrong-bot"), await CodeAsync(bound, "/api/bots/beta/control/heard", """{"control_seq":1}"""));
        Assert.Equal((201, null), await CodeAsync(bound, Control, Paused));
        Assert.Equal((200, null), await CodeAsync(bound, Heard, """{"control_seq":2}"""));
    }

    [Theory]
    [InlineData("""{"control_seq":1}""")]
    [InlineData("""{"control_seq":99}""")]
    [InlineData("""{"control_seq":0}""")]
    [InlineData("""{"control_seq":"1"}""")]
    [InlineData("{}")]
    public async Task A_control_that_was_never_asked_of_the_bot_cannot_be_heard(string json)
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync("/api/bots/beta/control", Paused);
        var answer = await server.PostAsync(Heard, json, 400);
        Assert.Equal("control_seq", (string?)answer["details"]![0]!["field"]);
        await server.PostAsync("/api/bots/*/control/heard", """{"control_seq":1}""", 400);
        await server.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"running","control_seq":1}""", 400);
        Assert.Equal("0 0", server.Sql("SELECT (SELECT count(*) FROM bot_control_acks) || ' ' || (SELECT count(*) FROM bot_status)"));
    }

    [Fact]
    public async Task Every_control_is_in_the_audit_log_with_its_reason()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Control, Paused);
        await server.PostAsync(Heard, """{"control_seq":1,"done":true}""", 200);
        var rows = (await server.GetAsync("/api/audit?record_table=bot_controls"))["data"]!.AsArray();
        Assert.Equal("hearControl 1 ,controlBot 1 news at 14:00", string.Join(',', rows.Select(static row => $"{row!["operation"]} {row["record_id"]} {row["reason"]}")));
    }

    [Fact]
    public async Task The_answer_to_a_batch_of_reports_says_what_is_asked_of_each_bot()
    {
        await using var server = await TestServer.StartAsync();
        await server.PostAsync(Control, Paused);
        var answer = await server.PostAsync("/api/bot-status/batch", """
            {"items":[{"bot_name":"beta","status":"running"},{"bot_name":"alpha","status":"running","control_seq":1},{"bot_name":"beta","status":"running"}]}
            """);
        Assert.Equal("beta running,alpha paused", string.Join(',', answer["controls"]!.AsArray().Select(static one => $"{one!["bot_name"]} {one["state"]}")));
        Assert.Equal(3, (int)answer["count"]!);
        Assert.Equal("heard", (await ProgressAsync(server)).Progress);
        var refused = await server.PostAsync("/api/bot-status/batch", """{"items":[{"bot_name":"beta","status":"running","control_seq":1}]}""", 400);
        Assert.Equal("items[0].control_seq", (string?)refused["details"]![0]!["field"]);
    }

    [Fact]
    public async Task A_bot_hears_on_the_live_stream_too_also_what_is_asked_of_all()
    {
        await using var server = await TestServer.StartAsync();
        await using var stream = await LiveStream.OpenAsync(server.Anonymous, "?bot_name=alpha&types=control.*");
        await server.PostAsync("/api/bots/beta/control", Paused);
        await server.PostAsync("/api/bots/*/control", """{"emergency_close":true,"reason":"hack"}""");
        await server.PostAsync(Heard, """{"control_seq":2}""", 200);
        await server.PostAsync(Heard, """{"control_seq":2,"done":true}""", 200);
        var events = await stream.NextAsync(3);
        Assert.Equal("control.asked * True hack,control.heard alpha True hack,control.done alpha True hack", string.Join(',', events.Select(static one =>
            $"{one.Name} {one.Data["bot_name"]} {(bool)one.Data["emergency_close"]!} {one.Data["reason"]}")));
        Assert.Equal("2026-03-02T12:00:00+00:00", (string?)events[2].Data["done_at"]);
    }

    private static async Task<JsonObject> ReportAsync(TestServer server, string bot, string more = "") =>
        await server.PostAsync("/api/bot-status", $$"""{"bot_name":"{{bot}}","status":"running"{{more}}}""");

    private static async Task<(string? Progress, string? HeardAt, string? DoneAt)> ProgressAsync(TestServer server) =>
        (await server.GetAsync(Control))["data"]! is var view ? ((string?)view["progress"], (string?)view["heard_at"], (string?)view["done_at"]) : default;

    private static async Task<string> OrdersAsync(TestServer server, string bot) =>
        (await ReportAsync(server, bot))["control"]! is var orders ? $"{orders["control_seq"]} {orders["state"]} {orders["mode"]}" : "";

    private static (string? State, bool Emergency) Emergency(TestServer server, string bot) =>
        server.GetAsync($"/api/bots/{bot}/control").GetAwaiter().GetResult()["data"]! is var view ? ((string?)view["state"], (bool)view["emergency_close"]!) : default;

    private static async Task<string> RowsAsync(TestServer server) => string.Join(' ', (await server.GetAsync(Control))["data"]!["controls"]!.AsArray().Select(static row =>
        $"{row!["control_seq"]}:{(row["heard_at"] is null ? "-" : "h")}{(row["done_at"] is null ? "" : "d")}"));

    private static async Task<(int Status, string? Code)> CodeAsync(HttpClient client, string path, string json) =>
        await client.SendAsync("POST", path, json) is var (status, body) ? (status, (string?)body["code"]) : default;

    private static string? Events(TestServer server) => server.Sql($"""
        SELECT {(TestEngine.IsPostgres ? "string_agg" : "group_concat")}(what, ',') FROM (
          SELECT table_name || ' ' || row_id || ' ' || kind AS what FROM changes WHERE table_name LIKE 'bot_control%' ORDER BY seq) AS events
        """);
}
