using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Alerts;
using Pilothouse.Configuration;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Alerts;

/// <summary>Alerts out: what is told, once and in order, and what becomes of it where a target does not take it.</summary>
public sealed class AlertTests
{
    private const string Report = """{"bot_name":"alpha","status":"running","mode":"paper"}""";

    [Fact]
    public async Task A_stop_of_the_breaker_and_its_end_reach_Telegram_in_order_and_once()
    {
        await using var target = await TestTarget.StartAsync();
        await using var server = await StartAsync(target.Telegram);
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test"}""");
        await TestTarget.UntilAsync(server, () => target.Got.Count == 1);
        await server.PostAsync("/api/circuit-breaker/clear", """{"reason":"over"}""", 200);
        await TestTarget.UntilAsync(server, () => target.Got.Count == 2);
        await StaysAsync(server, target, 2);
        Assert.All(target.Got, static one => Assert.Equal($"/bot{TestTarget.Token}/sendMessage", one.Path));
        Assert.Equal("42", (string?)JsonNode.Parse(target.Got.First().Body)!["chat_id"]);
        Assert.StartsWith("Pilothouse. Trading of all bots is stopped. A test", target.Texts[0], StringComparison.Ordinal);
        Assert.Equal("Pilothouse. Resolved: Trading of all bots goes on: the circuit breaker was cleared.", target.Texts[1]);
        var listed = (await server.GetAsync("/api/alerts"))["data"]!.AsArray();
        Assert.Equal(["breaker.cleared sent 1", "breaker.triggered sent 0"], listed.Select(static one => $"{one!["event"]} {one["state"]} {one["resolved"]}"));
        Assert.Equal(("telegram", "sent", 1), ((string?)listed[0]!["deliveries"]![0]!["target"], (string?)listed[0]!["deliveries"]![0]!["state"], (int)listed[0]!["deliveries"]![0]!["attempts"]!));
    }

    [Fact]
    public async Task A_bot_that_falls_silent_is_told_within_its_limit_and_told_again_when_it_is_back()
    {
        await using var target = await TestTarget.StartAsync();
        await using var server = await StartAsync([.. target.Telegram, ("BOT_STALE_AFTER_SECONDS", "10")]);
        await server.PostAsync("/api/bot-status", Report);
        await TestTarget.UntilAsync(server, () => target.Got.Count == 1);
        Assert.StartsWith("Pilothouse. The bot alpha is silent. Its last report came at 2026-03-02 12:", target.Texts[0], StringComparison.Ordinal);
        await server.PostAsync("/api/bot-status", Report);
        await TestTarget.UntilAsync(server, () => target.Got.Count == 2);
        Assert.Equal("Pilothouse. Resolved: The bot alpha reports again.", target.Texts[1]);
    }

    [Fact]
    public async Task A_bot_in_error_is_told_once_and_its_recovery_once()
    {
        await using var target = await TestTarget.StartAsync();
        await using var server = await StartAsync([.. target.Telegram, ("BOT_STALE_AFTER_SECONDS", "86400")]);
        await server.PostAsync("/api/bot-status", Report);
        for (var i = 0; i < 3; i++)
        {
            await server.PostAsync("/api/bot-status", """{"bot_name":"alpha","status":"error","message":"no balance"}""");
        }

        await TestTarget.UntilAsync(server, () => target.Got.Count == 1);
        await server.PostAsync("/api/bot-status", Report);
        await server.PostAsync("/api/bot-status", Report);
        await TestTarget.UntilAsync(server, () => target.Got.Count == 2);
        await StaysAsync(server, target, 2);
        Assert.Equal(["Pilothouse. The bot alpha reports an error: no balance", "Pilothouse. Resolved: The bot alpha reports running after an error."], target.Texts);
    }

    [Fact]
    public async Task An_emergency_close_that_nobody_hears_is_told_after_a_minute_and_not_before()
    {
        await using var target = await TestTarget.StartAsync();
        await using var server = await StartAsync(target.Telegram);
        await server.PostAsync("/api/bots/alpha/control", """{"emergency_close":true,"reason":"a test"}""");
        server.Clock.Advance(TimeSpan.FromSeconds(50));
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.Empty(target.Got);
        await TestTarget.UntilAsync(server, () => target.Got.Count == 1);
        Assert.Contains("The bot alpha has not heard the emergency close within a minute", target.Texts[0], StringComparison.Ordinal);
        await server.PostAsync("/api/bots/alpha/control/heard", """{"control_seq":1}""", 200);
        await TestTarget.UntilAsync(server, () => target.Got.Count == 2);
        Assert.StartsWith("Pilothouse. Resolved: The emergency close", target.Texts[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_wrong_PINs_are_told_once_and_what_is_not_chosen_costs_no_transaction()
    {
        await using var target = await TestTarget.StartAsync();
        await using var server = await StartAsync([.. target.Telegram, ("ALERT_EVENTS", "logins")]);
        for (var i = 0; i < 6; i++)
        {
            await server.Anonymous.SendAsync("POST", "/api/auth/login", """{"pin":"000000"}""");
        }

        await TestTarget.UntilAsync(server, () => target.Got.Count == 1);
        Assert.Contains("The PIN was tried so often", target.Texts[0], StringComparison.Ordinal);
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alert_troubles") == "0", 60);
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test"}""");
        await StaysAsync(server, target, 1);
        var version = server.Sql("SELECT version FROM alert_positions");
        await StaysAsync(server, target, 1);
        Assert.Equal(version, server.Sql("SELECT version FROM alert_positions"));
    }

    [Fact]
    public async Task A_storm_is_one_alert_and_one_more_with_a_count()
    {
        await using var target = await TestTarget.StartAsync();
        await using var server = await StartAsync([.. target.Telegram, ("ALERT_EVENTS", "trades")]);
        for (var i = 0; i < 30; i++)
        {
            await server.PostAsync("/api/trades", """{"trading_pair":"SUI/USDC","side":"BUY","entry_price":3,"quantity":10,"bot_name":"alpha"}""");
            if (i == 0)
            {
                await TestTarget.UntilAsync(server, () => target.Got.Count == 1);
            }
        }

        await TestTarget.UntilAsync(server, () => target.Got.Count == 2, 5);
        await StaysAsync(server, target, 2);
        Assert.StartsWith("Pilothouse. 29 times trade.opened:\nThe bot alpha opened BUY 10 SUI/USDC at 3 (trade 2).", target.Texts[1], StringComparison.Ordinal);
        Assert.EndsWith("and 19 more", target.Texts[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_the_quiet_hours_only_the_breaker_and_emergencies_are_told_and_the_rest_in_the_morning()
    {
        await using var target = await TestTarget.StartAsync();

        // The clock begins at 12:00 UTC, which is 13:00 in Berlin.
        await using var server = await StartAsync([.. target.Telegram, ("ALERT_QUIET_HOURS", "12:30-14:00"), ("ALERT_TIME_ZONE", "Europe/Berlin"), ("BOT_STALE_AFTER_SECONDS", "10")]);
        await server.PostAsync("/api/bot-status", Report);
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alerts") == "1");
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test"}""");
        await TestTarget.UntilAsync(server, () => target.Got.Count == 1);
        Assert.Contains("is stopped", target.Texts[0], StringComparison.Ordinal);
        await TestTarget.UntilAsync(server, () => target.Got.Count == 2, 60);
        Assert.Contains("is silent", target.Texts[1], StringComparison.Ordinal);
        Assert.True(server.Clock.GetUtcNow() >= TestServer.Start.AddHours(1));
    }

    [Fact]
    public async Task What_is_urgent_does_not_wait_with_what_is_not()
    {
        await using var target = await TestTarget.StartAsync();
        await using var server = await TestServer.StartAsync([.. target.Telegram, ("ALERT_QUIET_HOURS", "12:30-14:00"), ("ALERT_TIME_ZONE", "Europe/Berlin")]);
        var outbox = server.Services.GetRequiredService<AlertOutbox>();
        var now = server.Clock.GetUtcNow();
        await server.Services.GetRequiredService<Database>().WriteAsync(async session =>
        {
            await outbox.NoteAsync(session, new(AlertSettings.Conditions, "condition.failed", "The disk is full.", null, "condition:disk"), now);
            await outbox.NoteAsync(session, new(AlertSettings.Conditions, "condition.failed", "The backup failed.", null, "condition:backup"), now);
            return await outbox.NoteAsync(session, new(AlertSettings.Conditions, "condition.failed", "The database is damaged.", null, "condition:integrity") { IsUrgent = true }, now);
        });
        Assert.Equal("0 The disk is full.\nThe backup failed.|1 The database is damaged.",
            string.Join('|', (await server.GetAsync("/api/alerts"))["data"]!.AsArray().Select(static one => $"{one!["urgent"]} {one["text"]}").Order(StringComparer.Ordinal)));
        Assert.Equal("1", server.Sql($"SELECT count(*) FROM alerts WHERE urgent = 0 AND gather_until > '{Timestamps.ToStored(now.AddMinutes(30))}'"));
        Assert.Equal("1", server.Sql($"SELECT count(*) FROM alerts WHERE urgent = 1 AND gather_until <= '{Timestamps.ToStored(now.AddMinutes(1))}'"));
    }

    /// <summary>The status says whether the alert was taken. What stands beside it may be long, or of another form than ours.</summary>
    [Fact]
    public async Task What_a_target_says_beside_its_status_decides_nothing()
    {
        await using var target = await TestTarget.StartAsync();
        await using var server = await StartAsync(target.Telegram);
        target.Answer = static http => http.Response.WriteAsync(new string('x', 70_000));
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test"}""");
        await TestTarget.UntilAsync(server, () => target.Got.Count == 1);
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alerts WHERE state = 'sent'") == "1");

        target.Answer = static http =>
        {
            http.Response.StatusCode = 400;
            return http.Response.WriteAsync("""{"retry_after":"5"}""");
        };
        await server.PostAsync("/api/circuit-breaker/clear", """{"reason":"over"}""", 200);
        await TestTarget.UntilAsync(server, () => target.Got.Count == 2);
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alert_deliveries WHERE problem LIKE 'It answered 400:%'") == "1");
    }

    [Fact]
    public async Task A_target_that_is_away_gets_everything_later_in_order_and_no_secret_is_shown()
    {
        await using var target = await TestTarget.StartAsync();
        await using var server = await StartAsync(target.Telegram);
        target.Answer = static http =>
        {
            http.Response.StatusCode = 429;
            return http.Response.WriteAsync($$$"""{"ok":false,"description":"Too Many Requests {{{http.Request.Path}}}","parameters":{"retry_after":30}}""");
        };
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test"}""");
        await TestTarget.UntilAsync(server, () => target.Got.Count == 1);
        await server.PostAsync("/api/circuit-breaker/clear", """{"reason":"over"}""", 200);
        server.Clock.Advance(TimeSpan.FromSeconds(20));
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        Assert.Single(target.Got);
        var listed = (await server.GetAsync("/api/alerts?state=waiting"))["data"]!.AsArray();
        Assert.Equal(2, listed.Count);
        var problem = (string?)listed[1]!["deliveries"]![0]!["problem"];
        Assert.StartsWith("It answered 429", problem, StringComparison.Ordinal);
        Assert.Equal("warning", (string?)(await server.GetAsync("/health/ready"))["checks"]!.AsArray().Single(static one => (string?)one!["name"] == "alerts")!["state"]);

        target.Answer = null;
        await TestTarget.UntilAsync(server, () => target.Got.Count == 3);
        Assert.Contains("is stopped", target.Texts[1], StringComparison.Ordinal);
        Assert.Contains("goes on", target.Texts[2], StringComparison.Ordinal);
        await server.StopAsync();
        var said = string.Join('\n', Directory.GetFiles(server.Folder.File("logs")).Select(File.ReadAllText)) + listed.ToJsonString();
        Assert.DoesNotContain("secret_token", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_target_does_not_take_for_a_day_is_a_dead_letter_that_can_be_sent_again()
    {
        await using var target = await TestTarget.StartAsync();
        await using var server = await StartAsync(target.Telegram);
        target.Answer = static http => { http.Response.StatusCode = 500; return Task.CompletedTask; };
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test"}""");
        await TestTarget.UntilAsync(server, () => target.Got.Count == 1);
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alerts WHERE state = 'dead'") == "1", 600, 90);
        Assert.True(server.Clock.GetUtcNow() >= TestServer.Start.AddDays(1));
        target.Answer = null;
        var before = target.Got.Count;
        await server.PostAsync("/api/alerts/1/resend", "", 200);
        await TestTarget.UntilAsync(server, () => target.Got.Count == before + 1);
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alerts WHERE state = 'sent'") == "1");
        Assert.Equal("resendAlert", (string?)(await server.GetAsync("/api/audit"))["data"]![0]!["operation"]);
        Assert.Equal(404, (await server.Client.SendAsync("POST", "/api/alerts/99/resend")).Status);
    }

    [Fact]
    public async Task A_server_that_dies_between_sending_and_noting_it_sends_it_once_more_and_a_restart_repeats_nothing()
    {
        await using var target = await TestTarget.StartAsync();
        var server = await StartAsync(target.Telegram);
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test"}""");
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alerts WHERE state = 'sent'") == "1");
        server = await server.RestartAsync(target.Telegram);
        await StaysAsync(server, target, 1);

        // As it is where the process was killed after the target had answered.
        await server.StopAsync();
        server.Sql("UPDATE alert_deliveries SET state = 'waiting', sent_at = NULL, claimed_until = '2026-03-02 12:30:00'");
        server.Sql("UPDATE alerts SET state = 'waiting'");
        await using var again = await TestServer.StartAsync(server.Folder, server.Clock, [.. target.Telegram, .. TestEngine.IsPostgres ? [] : Array.Empty<(string, string)>()]);
        await TestTarget.UntilAsync(again, () => target.Got.Count == 2, 60);
        await StaysAsync(again, target, 2);
    }

    [Fact]
    public async Task A_target_that_hangs_holds_neither_another_one_nor_a_write_up()
    {
        await using var slow = await TestTarget.StartAsync();
        await using var quick = await TestTarget.StartAsync();
        slow.Answer = static http => Task.Delay(-1, http.RequestAborted);
        await using var server = await StartAsync([.. slow.Telegram, ("DISCORD_WEBHOOK_URL", $"{quick.Url}/api/webhooks/1/secret")]);
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"<@everyone> & co"}""");
        await TestTarget.UntilAsync(server, () => quick.Got.Count == 1);
        var sent = JsonNode.Parse(quick.Got.Single().Body)!;
        Assert.Contains("<@everyone> & co", (string?)sent["content"], StringComparison.Ordinal);
        Assert.Empty(sent["allowed_mentions"]!["parse"]!.AsArray());
        await server.PostAsync("/api/circuit-breaker/clear", """{"reason":"over"}""", 200);
        await TestTarget.UntilAsync(server, () => quick.Got.Count == 2);
        Assert.Single(slow.Got);
    }

    [Fact]
    public async Task A_generic_webhook_is_signed_as_Standard_Webhooks_says()
    {
        await using var target = await TestTarget.StartAsync();
        await using var server = await StartAsync([("ALERT_WEBHOOK_URL", $"{target.Url}/hook"), ("ALERT_WEBHOOK_SECRET", TestTarget.Secret), ("ALERT_ALLOW_PRIVATE_TARGETS", "true"), ("SLACK_WEBHOOK_URL", $"{target.Url}/slack")]);
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"<b> & co"}""");
        await TestTarget.UntilAsync(server, () => target.Got.Count == 2);
        var (_, body, headers) = target.Got.Single(static one => one.Path == "/hook");
        Assert.Equal("alert_1", headers["webhook-id"]);
        const string verify = """
            import base64, hashlib, hmac, sys
            secret, id, time, body = sys.argv[1:]
            print("v1," + base64.b64encode(hmac.new(base64.b64decode(secret[6:]), f"{id}.{time}.{body}".encode(), hashlib.sha256).digest()).decode())
            """;
        var (code, output, error) = await Tool.RunAsync("python3", ["-c", verify, TestTarget.Secret, headers["webhook-id"]!, headers["webhook-timestamp"]!, body]);
        Assert.True(code == 0, error);
        Assert.Equal(output.Trim(), headers["webhook-signature"]);
        Assert.Equal(("breaker.triggered", false), ((string?)JsonNode.Parse(body)!["type"], (bool)JsonNode.Parse(body)!["data"]!["resolved"]!));
        Assert.Contains("&lt;b&gt; &amp; co", (string?)JsonNode.Parse(target.Got.Single(static one => one.Path == "/slack").Body)!["text"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/hook")]
    [InlineData("http://localhost:9/hook")]
    [InlineData("http://[::1]:9/hook")]
    [InlineData("http://[::ffff:10.0.0.1]/hook")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://2130706433/")]
    public async Task A_private_target_is_refused_unless_it_is_allowed(string url)
    {
        await using var server = await StartAsync([("DISCORD_WEBHOOK_URL", url)]);
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test"}""");
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alert_deliveries WHERE problem LIKE '%its address is private%'") == "1");
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var other = await TestTarget.StartAsync();
        await using var target = await TestTarget.StartAsync();
        target.Answer = http => { http.Response.Redirect(other.Url); return Task.CompletedTask; };
        await using var server = await StartAsync(target.Telegram);
        await server.PostAsync("/api/circuit-breaker/trigger", """{"reason":"A test"}""");
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alert_deliveries WHERE problem LIKE '%redirects%'") == "1");
        Assert.Empty(other.Got);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("100.64.1.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("224.0.0.1", false)]
    [InlineData("::ffff:192.168.1.1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    public void Addresses_of_the_public_internet_are_told_from_the_others(string address, bool isPublic) => Assert.Equal(isPublic, PublicAddresses.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("TELEGRAM_BOT_TOKEN", "123456:ABCDEFG", "TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID belong together")]
    [InlineData("ALERT_WEBHOOK_URL", "https://example.com/x", "ALERT_WEBHOOK_URL needs ALERT_WEBHOOK_SECRET")]
    [InlineData("ALERT_WEBHOOK_SECRET", "hello", "ALERT_WEBHOOK_SECRET: allowed is whsec_")]
    [InlineData("SLACK_WEBHOOK_URL", "hooks.slack.com/secret", "SLACK_WEBHOOK_URL: allowed is an address")]
    [InlineData("ALERT_EVENTS", "everything", "ALERT_EVENTS=everything: allowed is breaker, bots")]
    [InlineData("ALERT_QUIET_HOURS", "22-7", "ALERT_QUIET_HOURS=22-7: allowed is two times of the day")]
    public void A_wrong_setting_stops_the_start_and_names_no_secret(string name, string value, string expected)
    {
        using var folder = new TemporaryFolder();
        var refused = Assert.Throws<SettingsException>(() => TestServer.SettingsFor(folder, (name, value)));
        Assert.StartsWith(expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("slack.com/secret", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>A server that has looked once, so that what follows is new to it.</summary>
    internal static async Task<TestServer> StartAsync((string, string)[] settings)
    {
        var server = await TestServer.StartAsync(settings);
        await TestTarget.UntilAsync(server, () => server.Sql("SELECT count(*) FROM alert_positions") == "1");
        return server;
    }

    private static async Task StaysAsync(TestServer server, TestTarget target, int count)
    {
        for (var i = 0; i < 10; i++)
        {
            server.Clock.Advance(TimeSpan.FromSeconds(20));
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Equal(count, target.Got.Count);
    }
}
