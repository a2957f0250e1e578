using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Pilothouse.Monitoring;
using Pilothouse.Storage;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Webhooks;

/// <summary>Webhooks themselves: who makes them, their secrets, addresses and limits.</summary>
public sealed class WebhookTests
{
    /// <summary>Characters that mean something in JSON, in forms or in numbers.</summary>
    private const string Odd = "{}[]\":,=&%\\-.e0 \n";

    [Fact]
    public async Task A_webhook_is_made_changed_and_revoked_and_the_audit_log_has_each()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.TradingViewAsync();
        Assert.Matches("^wh_[0-9A-Za-z]{43}$", hook.Secret);
        Assert.Equal("/api/webhooks/tradingview/btc-trend", hook.Path);
        var (status, changed) = await server.Client.SendAsync("PATCH", $"{Hooks.Made}/{hook.Id}", """{"strength":40,"addresses":["10.0.0.0/8"]}""");
        Assert.Equal((200, 40), (status, (int)changed["data"]!["strength"]!));
        (status, changed) = await server.Client.SendAsync("PATCH", $"{Hooks.Made}/{hook.Id}", """{"strength":null,"addresses":null}""");
        Assert.Equal((200, 100), (status, (int)changed["data"]!["strength"]!));
        var listed = (await server.GetAsync(Hooks.Made))["data"]!.AsArray().Single()!;
        Assert.Equal("btc-trend tradingview alpha 300 60 100", $"{listed["name"]} {listed["kind"]} {listed["bot_name"]} {listed["max_age_seconds"]} {listed["per_minute"]} {listed["strength"]}");

        Assert.Equal(201, (await server.TellAsync(hook.BySecret, Hooks.Alert())).Status);
        Assert.Equal(200, (await server.Client.SendAsync("DELETE", $"{Hooks.Made}/{hook.Id}")).Status);
        Assert.Equal(404, (await server.TellAsync(hook.BySecret, Hooks.Alert(("price", "1")))).Status);
        Assert.Equal(400, (await server.Client.SendAsync("PATCH", $"{Hooks.Made}/{hook.Id}", """{"strength":1}""")).Status);
        Assert.Equal(404, (await server.Client.SendAsync("PATCH", $"{Hooks.Made}/99", """{"strength":1}""")).Status);
        Assert.Equal(404, (await server.Client.SendAsync("DELETE", $"{Hooks.Made}/99")).Status);

        // Its name is free, and the new one has a secret of its own.
        var again = await server.TradingViewAsync();
        Assert.Equal(404, (await server.TellAsync(hook.BySecret, Hooks.Alert(("price", "2")))).Status);
        Assert.Equal(201, (await server.TellAsync(again.BySecret, Hooks.Alert(("price", "2")))).Status);
        var audit = (await server.GetAsync("/api/audit?record_table=webhooks"))["data"]!.AsArray();
        Assert.Equal(["createWebhook", "revokeWebhook", "changeWebhook", "changeWebhook", "createWebhook"], audit.Select(static row => (string?)row!["operation"]));
        Assert.Equal(40, (int)audit[2]!["before"]!["strength"]!);
        Assert.DoesNotContain("secret", audit.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":"tradingview"}""", "name")]
    [InlineData("""{"name":"a b","kind":"tradingview"}""", "name")]
    [InlineData("""{"name":"a","kind":"slack"}""", "kind")]
    [InlineData("""{"name":"a","kind":"freqtrade"}""", "mode")]
    [InlineData("""{"name":"a","kind":"freqtrade","mode":"paper","template":"{pair} {action} {price}"}""", "template")]
    [InlineData("""{"name":"a","kind":"tradingview","mode":"paper"}""", "mode")]
    [InlineData("""{"name":"a","kind":"tradingview","bot_name":"*"}""", "bot_name")]
    [InlineData("""{"name":"a","kind":"tradingview","template":"{pair}"}""", "template")]
    [InlineData("""{"name":"a","kind":"tradingview","fields":{"colour":"x"}}""", "fields")]
    [InlineData("""{"name":"a","kind":"tradingview","fields":{"price":null}}""", "fields")]
    [InlineData("""{"name":"a","kind":"tradingview","pairs":{"A":" "}}""", "pairs")]
    [InlineData("""{"name":"a","kind":"tradingview","pairs":{"a":"A/B","A":"A/C"}}""", "pairs")]
    [InlineData("""{"name":"a","kind":"tradingview","addresses":["somewhere"]}""", "addresses")]
    [InlineData("""{"name":"a","kind":"tradingview","addresses":[]}""", "addresses")]
    [InlineData("""{"name":"a","kind":"tradingview","addresses":[null]}""", "addresses")]
    [InlineData("""{"name":"a","kind":"tradingview","max_age_seconds":0}""", "max_age_seconds")]
    [InlineData("""{"name":"a","kind":"tradingview","strength":101}""", "strength")]
    [InlineData("""{"name":"taken","kind":"tradingview"}""", "name")]
    public async Task A_wrong_webhook_is_named_by_its_field(string json, string field)
    {
        await using var server = await TestServer.StartAsync();
        await server.MakeHookAsync("""{"name":"taken","kind":"tradingview"}""");
        Assert.Equal(field, (string?)(await server.PostAsync(Hooks.Made, json, 400))["details"]![0]!["field"]);
    }

    [Fact]
    public async Task Only_who_may_record_for_ever_makes_one_and_only_for_its_own_bot()
    {
        await using var server = await TestServer.StartAsync();
        const string New = """{"name":"a","kind":"tradingview"}""";
        using var writer = server.ClientWithKey(await server.CreateKeyAsync("writer", "read", "write"));
        using var control = server.ClientWithKey(await server.CreateKeyAsync("control", "control"));
        using var ending = server.ClientWithKey((string)(await server.PostAsync("/api/keys", """{"name":"e","scopes":["write","control"],"expires_at":"2027-01-01"}"""))["key"]!);
        using var bot = server.ClientWithKey((string)(await server.PostAsync("/api/keys", """{"name":"b","scopes":["write","control"],"bot_name":"beta"}"""))["key"]!);
        using var agent = server.ClientWithKey((string)(await server.PostAsync("/api/keys", """{"name":"g","scopes":["write","control"],"agent":true}"""))["key"]!);
        foreach (var client in new[] { writer, control, ending })
        {
            Assert.Equal((403, "scope-needed"), await CodeAsync(client.SendAsync("POST", Hooks.Made, New)));
        }

        Assert.Equal((403, "consent-needed"), await CodeAsync(agent.SendAsync("POST", Hooks.Made, New)));

        // What it allows is changed only by who may make one, and revoked by each who controls.
        var standing = await server.MakeHookAsync("""{"name":"standing","kind":"freqtrade","mode":"paper","bot_name":"beta"}""");
        foreach (var client in new[] { writer, control, ending })
        {
            Assert.Equal((403, "scope-needed"), await CodeAsync(client.SendAsync("PATCH", $"{Hooks.Made}/{standing.Id}", """{"mode":"auto"}""")));
        }

        Assert.Equal((403, "consent-needed"), await CodeAsync(agent.SendAsync("PATCH", $"{Hooks.Made}/{standing.Id}", """{"mode":"auto"}""")));
        Assert.Equal("paper", (string?)(await server.GetAsync(Hooks.Made))["data"]![0]!["mode"]);
        Assert.Equal(200, (await control.SendAsync("DELETE", $"{Hooks.Made}/{standing.Id}")).Status);

        Assert.Equal(401, (await server.Anonymous.SendAsync("POST", Hooks.Made, New)).Status);
        Assert.Equal((403, "wrong-bot"), await CodeAsync(bot.SendAsync("POST", Hooks.Made, """{"name":"a","kind":"tradingview","bot_name":"alpha"}""")));
        Assert.Equal(201, (await bot.SendAsync("POST", Hooks.Made, New)).Status);
        Assert.Equal("beta", server.Sql("SELECT bot_name FROM webhooks WHERE name = 'a'"));
        var alphas = await server.TradingViewAsync();
        Assert.Equal((403, "wrong-bot"), await CodeAsync(bot.SendAsync("DELETE", $"{Hooks.Made}/{alphas.Id}")));
        foreach (var path in new[] { Hooks.Made, Hooks.Deliveries })
        {
            Assert.Equal(403, (await writer.SendAsync("GET", path)).Status);
            Assert.Equal(401, (await server.Anonymous.SendAsync("GET", path)).Status);
        }

        using var person = server.ClientWithKey(await server.LoginAsync());
        Assert.Equal(201, (await person.SendAsync("POST", Hooks.Made, """{"name":"c","kind":"tradingview"}""")).Status);
    }

    [Fact]
    public async Task The_secret_is_in_no_list_log_metric_or_file()
    {
        await using var server = await TestServer.StartAsync(("LOG_LEVEL", "DEBUG"), ("AUDIT_RECORDS", "true"));
        var hook = await server.TradingViewAsync();
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, Hooks.Alert())).Status);
        Assert.Equal(201, (await server.TellAsync(hook.Path, Hooks.Alert(("price", "2"), ("secret", hook.Secret)))).Status);

        // At a wrong place, by a wrong method, at a wrong path, and with a part of it.
        Assert.Equal(400, (await server.TellAsync(hook.BySecret, Hooks.Alert(("action", hook.Secret)))).Status);
        Assert.Equal(400, (await server.TellAsync(hook.BySecret, $$"""{"{{hook.Secret}}":1,"{{hook.Secret}}":2}""")).Status);
        using (var wrong = await server.Anonymous.GetAsync(hook.BySecret))
        {
            Assert.Equal(HttpStatusCode.MethodNotAllowed, wrong.StatusCode);
        }

        foreach (var path in new[] { $"{hook.BySecret}/more", $"/somewhere/{hook.Secret}", $"/{new string('x', 70)}/{hook.Secret}", $"/api/webhooks/tradingview/btc-trend/{hook.Secret[..30]}" })
        {
            Assert.Equal(404, (await server.TellAsync(path, Hooks.Alert())).Status);
        }

        var shown = (await server.GetAsync(Hooks.Made)).ToJsonString() + (await server.GetAsync($"{Hooks.Deliveries}?limit=500")).ToJsonString()
            + (await server.GetAsync("/api/audit?limit=500")).ToJsonString() + await server.Client.GetStringAsync("/metrics");
        var part = hook.Secret[3..20];
        Assert.DoesNotContain(part, shown, StringComparison.Ordinal);
        await server.StopAsync();
        foreach (var file in Directory.GetFiles(server.Folder.Path, "*", SearchOption.AllDirectories))
        {
            Assert.True((await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(Encoding.ASCII.GetBytes(part)) < 0, $"{file} holds the secret");
        }

        Assert.Contains("wh_***", await LogAsync(server), StringComparison.Ordinal);
    }

    /// <summary>A secret is one wherever it stands, so it must be hidden there too: behind an escape, a letter, or as the escape of itself.</summary>
    [Theory]
    [InlineData("""{"action":"buy","pair":"BTC/USDT","price":"65000","note":"alert\nSECRET"}""", "application/json")]
    [InlineData("""{"action":"buy","pair":"BTC/USDT","price":"65000","strategy":"xSECRET"}""", "application/json")]
    [InlineData("""{"action":"buy","pair":"BTC/USDT","price":"65000","strategy":"SECRET","note":"ESCAPED"}""", "application/json")]
    [InlineData("action=buy&pair=BTC%2FUSDT&price=65000&note=alert%0ASECRET", "application/x-www-form-urlencoded")]
    [InlineData("action=buy&pair=BTC%2FUSDT&price=65000&strategy=%3ASECRET", "application/x-www-form-urlencoded")]
    [InlineData("action=buy\npair=BTC/USDT\nprice=65000\nstrategy=keySECRET", "text/plain")]
    public async Task A_secret_in_a_message_is_hidden_whatever_stands_before_it(string message, string type)
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.TradingViewAsync();
        var escaped = hook.Secret.Replace("wh_", @"wh\u005f", StringComparison.Ordinal);
        var (_, answer) = await server.TellAsync(hook.Path, message.Replace("SECRET", hook.Secret, StringComparison.Ordinal).Replace("ESCAPED", escaped, StringComparison.Ordinal), type);
        var shown = answer.ToJsonString() + (await server.GetAsync(Hooks.Deliveries)).ToJsonString() + (await server.GetAsync("/api/signals")).ToJsonString()
            + (await server.GetAsync("/api/audit")).ToJsonString();
        Assert.Equal(1, (int)(await server.GetAsync(Hooks.Deliveries))["count"]!);
        Assert.DoesNotContain(hook.Secret[3..], shown, StringComparison.Ordinal);
        Assert.Contains("***", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_secret_and_an_unknown_name_are_answered_alike_and_count_for_their_address()
    {
        await using var server = await TestServer.StartAsync(("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_PER_HOUR", "6"));
        var hook = await server.TradingViewAsync();
        var other = "wh_" + new string('a', 43);
        var answers = new HashSet<string>();
        foreach (var (path, text) in new[]
        {
            (hook.Path, Hooks.Alert()), (hook.Path, Hooks.Alert(("secret", other))), ($"{hook.Path}/{other}", Hooks.Alert()), ("/api/webhooks/tradingview/nobody", Hooks.Alert(("secret", hook.Secret))),
            ($"/api/webhooks/freqtrade/btc-trend/{hook.Secret}", Hooks.Alert()), ($"{hook.Path}/x", "text"),
        })
        {
            var (status, answer) = await server.TellAsync(path, text);
            Assert.Equal(404, status);
            answers.Add(answer.ToJsonString());
        }

        Assert.Contains("unknown-webhook", Assert.Single(answers), StringComparison.Ordinal);
        Assert.Equal(429, (await server.TellAsync(hook.Path, Hooks.Alert())).Status);

        // The right secret goes on, and the owner sees that somebody came without it; once.
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, Hooks.Alert())).Status);
        Assert.Equal(["refused unknown-webhook", "accepted"], await server.OutcomesAsync());
        await server.StopAsync();
        Assert.Contains("came without its secret", await LogAsync(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_program_that_writes_the_row_of_a_webhook_gains_nothing()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.TradingViewAsync();
        foreach (var change in new[] { "bot_name = 'beta'", "terms = 'no JSON'", """terms = '{"strength":"x"}'""", "seal = secret_hash" })
        {
            var before = server.Sql($"SELECT {change.Split(' ')[0]} FROM webhooks");
            server.Sql($"UPDATE webhooks SET {change}");
            Assert.Equal(404, (await server.TellAsync(hook.BySecret, Hooks.Alert())).Status);
            Assert.Equal(1, (int)(await server.GetAsync(Hooks.Made))["count"]!);

            // A change by its owner would seal what the other program has written.
            Assert.Equal((409, "webhook-altered"), await CodeAsync(server.Client.SendAsync("PATCH", $"{Hooks.Made}/{hook.Id}", """{"per_minute":61}""")));
            server.Sql($"UPDATE webhooks SET {change.Split(' ')[0]} = '{before}'");
        }

        server.Sql("UPDATE webhooks SET name = 'other'");
        Assert.Equal(404, (await server.TellAsync($"/api/webhooks/tradingview/other/{hook.Secret}", Hooks.Alert())).Status);
        server.Sql("UPDATE webhooks SET name = 'btc-trend'");
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, Hooks.Alert())).Status);
    }

    [Fact]
    public async Task Webhooks_of_the_command_line_work_and_end_at_once_while_the_server_runs()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder);
        var (code, made, said) = await ServerProcess.RunAsync(folder, ["webhook", "create", "--name", "ft", "--kind", "freqtrade", "--mode", "paper"]);
        Assert.True(code == 0, said);
        Assert.Matches("^wh_[0-9A-Za-z]{43}$", made.Trim());
        Assert.Contains("go to /api/webhooks/freqtrade/ft. Its secret is not shown again", said, StringComparison.Ordinal);
        var path = $"/api/webhooks/freqtrade/ft/{made.Trim()}";
        Assert.Equal(201, (await server.Client.SendAsync("POST", path, """{"event":"status","status":"running"}""")).Status);

        var listed = (await ServerProcess.RunAsync(folder, ["webhook", "list"])).Out;
        Assert.Contains("freqtrade", listed, StringComparison.Ordinal);
        Assert.DoesNotContain(made.Trim()[3..], listed, StringComparison.Ordinal);
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["webhook", "revoke", "1"])).Code);
        Assert.Equal(404, (await server.Client.SendAsync("POST", path, """{"event":"status","status":"stopped"}""")).Status);
        Assert.Equal(1, (await ServerProcess.RunAsync(folder, ["webhook", "revoke", "4711"])).Code);
        (code, _, said) = await ServerProcess.RunAsync(folder, ["webhook", "create", "--name", "a b", "--kind", "slack"]);
        Assert.Equal(2, code);
        Assert.Contains("name must be 1 to 64", said, StringComparison.Ordinal);
        var log = await ServerProcess.RunAsync(folder, ["audit", "export"]);
        Assert.Contains("\"operation\":\"createWebhook\",\"door\":\"command\"", log.Out, StringComparison.Ordinal);
        Assert.Contains("revokeWebhook", log.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_addresses_of_the_list_may_send_and_a_header_lies_only_to_whom_trusts_it()
    {
        await using var server = await TestServer.StartAsync(("TRUSTED_PROXIES", "127.0.0.1"));
        var hook = await server.TradingViewAsync(""","addresses":["52.89.214.238","10.0.0.0/8"]""");
        foreach (var (from, status) in new[] { ("52.89.214.238", 201), ("10.200.0.1", 201), ("::ffff:10.0.0.2", 201), ("52.89.214.239", 403), ("10.0.0.1, 203.0.113.9", 403) })
        {
            var (real, answer) = await server.TellAsync(hook.BySecret, Hooks.Alert(("strategy", from)), "text/plain", ("X-Forwarded-For", from));
            Assert.True(status == real, $"{from}: {answer.ToJsonString()}");
        }

        var (_, refused) = await server.TellAsync(hook.BySecret, Hooks.Alert());
        Assert.Equal("address-not-allowed", (string?)refused["code"]);
        Assert.Equal("127.0.0.1", (string?)(await server.NewestDeliveryAsync())["address"]);

        await using var untrusting = await TestServer.StartAsync();
        var own = await untrusting.TradingViewAsync(""","addresses":["52.89.214.238"]""");
        Assert.Equal(403, (await untrusting.TellAsync(own.BySecret, Hooks.Alert(), "text/plain", ("X-Forwarded-For", "52.89.214.238"))).Status);
    }

    [Fact]
    public async Task A_webhook_takes_so_many_messages_in_a_minute_and_no_other_suffers()
    {
        await using var server = await TestServer.StartAsync(("RATE_LIMIT_ENABLED", "true"));
        var hook = await server.TradingViewAsync(""","per_minute":3""");
        var other = await server.MakeHookAsync("""{"name":"other","kind":"tradingview"}""");
        var statuses = new List<int>();
        for (var i = 1; i <= 5; i++)
        {
            statuses.Add((await server.TellAsync(hook.BySecret, Hooks.Alert(("price", $"{i}")))).Status);
        }

        Assert.Equal([201, 201, 201, 429, 429], statuses);
        Assert.Equal(201, (await server.TellAsync(other.BySecret, Hooks.Alert())).Status);
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, Hooks.Alert(("price", "9")))).Status);
        Assert.Equal(1, (await server.OutcomesAsync()).Count(static one => one == "refused rate-limited"));
    }

    [Fact]
    public async Task A_message_needs_no_other_credential_and_has_a_form_and_a_size()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        var hook = await server.TradingViewAsync();
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, Hooks.Alert(), null)).Status);
        Assert.Equal(201, (await server.TellAsync(hook.BySecret, Hooks.Alert(("price", "2")), "application/json")).Status);
        Assert.Equal((415, "unsupported-media-type"), await CodeAsync(server.TellAsync(hook.BySecret, Hooks.Alert(), "image/png")));
        Assert.Equal((413, "body-too-large"), await CodeAsync(server.TellAsync(hook.BySecret, new string('x', 70_000))));
        Assert.Equal((400, "body-required"), await CodeAsync(server.TellAsync(hook.BySecret, "")));
        Assert.Equal(404, (await server.TellAsync(hook.Path, Hooks.Alert())).Status);
    }

    [Fact]
    public async Task Deliveries_are_listed_by_webhook_and_outcome_and_kept_for_their_days()
    {
        await using var server = await TestServer.StartAsync(("WEBHOOK_DELIVERIES_RETENTION_DAYS", "2"));
        var hook = await server.TradingViewAsync();
        var other = await server.MakeHookAsync("""{"name":"other","kind":"tradingview"}""");
        await server.TellAsync(hook.BySecret, Hooks.Alert());
        await server.TellAsync(hook.BySecret, "nothing");
        await server.TellAsync(other.BySecret, Hooks.Alert());
        foreach (var (query, count) in new[] { ("", 3), ($"?webhook_id={hook.Id}", 2), ("?outcome=refused", 1), ($"?webhook_id={other.Id}&outcome=refused", 0), ("?to_date=2026-03-01", 0) })
        {
            Assert.Equal(count, (int)(await server.GetAsync(Hooks.Deliveries + query))["count"]!);
        }

        var first = await server.GetAsync($"{Hooks.Deliveries}?limit=2");
        Assert.Equal(1, (int)(await server.GetAsync($"{Hooks.Deliveries}?limit=2&cursor={first["next_cursor"]}"))["data"]![0]!["id"]!);
        server.Clock.Advance(TimeSpan.FromDays(1));
        await server.TellAsync(hook.BySecret, "nothing");
        server.Clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromMinutes(1));
        foreach (var purge in server.Services.GetServices<IPurge>())
        {
            await purge.PurgeAsync(default);
        }

        Assert.Equal(1, server.Count("webhook_deliveries"));
    }

    /// <summary>Bytes of good messages are changed, left out, doubled: whoever has the secret finds no bug by it.</summary>
    [Fact]
    public async Task No_message_is_answered_by_a_bug()
    {
        await using var server = await TestServer.StartAsync();
        var alerts = await server.TradingViewAsync(""","template":"{action} {pair} at {price}, bars of {interval} from {bar}, sent {time}" """);
        var trades = await server.FreqtradeAsync();
        var session = Hooks.Recorded("freqtrade-session.jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => System.Text.Json.Nodes.JsonNode.Parse(line)!["message"]!.ToJsonString()).ToArray();
        (Hook Hook, string Text)[] good =
        [
            (alerts, Hooks.Recorded("tradingview-strategy.json")), (alerts, Hooks.Recorded("tradingview-indicator.txt")), (alerts, Hooks.Alert(("id", "\\ud800"), ("bar", "9999-12-31"), ("interval", "44640M"))),
            .. session.Select(message => (trades, message)), (trades, "event=entry_fill&trade_id=9&pair=A/B&direction=Long&open_rate=1e12&amount=1e13&open_date=2026-03-02"),
            (trades, """{"event":"exit_fill","trade_id":9,"pair":"A/B","close_rate":1e-28,"amount":1e-28,"close_date":"2026-03-02","profit_amount":1e13,"cumulative_profit":-1e13}"""),
        ];
        var random = new Random(7);
        var tried = 0;
        foreach (var (hook, text) in good.SelectMany(static one => Enumerable.Repeat(one, 60)))
        {
            var bytes = Encoding.UTF8.GetBytes(text).ToList();
            for (var changes = random.Next(0, 4); changes > 0; changes--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.RemoveAt(at);
                        break;
                    case 2:
                        bytes.InsertRange(at, bytes.Skip(at).Take(20).ToArray());
                        break;
                    default:
                        bytes[at] = (byte)Odd[random.Next(Odd.Length)];
                        break;
                }
            }

            using var content = new ByteArrayContent([.. bytes]);
            content.Headers.ContentType = new(random.Next(3) switch { 0 => "application/json", 1 => "text/plain", _ => "application/x-www-form-urlencoded" });
            using var answer = await server.Anonymous.PostAsync(hook.BySecret, content);
            Assert.True((int)answer.StatusCode < 500, $"{Encoding.UTF8.GetString([.. bytes])} was answered {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            tried++;
        }

        Assert.True(tried > 1000 && server.Count("trades") > 0 && server.Count("signals") > 0);
    }

    [Fact]
    public async Task A_webhook_that_is_revoked_while_its_message_is_on_the_way_stores_nothing()
    {
        await using var server = await TestServer.StartAsync();
        var hook = await server.TradingViewAsync();
        using var slow = await SlowRequest.BeginAsync(server.Client.BaseAddress!, "POST", hook.BySecret, Hooks.Alert());
        Assert.Equal(200, (await server.Client.SendAsync("DELETE", $"{Hooks.Made}/{hook.Id}")).Status);
        Assert.Equal(404, (await slow.EndAsync()).Status);
        Assert.Equal(0, server.Count("signals"));
    }

    private static async Task<(int Status, string? Code)> CodeAsync(Task<(int Status, System.Text.Json.Nodes.JsonObject Body)> sent) =>
        await sent is var (status, body) ? (status, (string?)body["code"]) : default;

    private static async Task<string> LogAsync(TestServer server)
    {
        var text = new StringBuilder();
        foreach (var file in Directory.GetFiles(server.Folder.File("logs")))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream);
            text.Append(await reader.ReadToEndAsync());
        }

        return text.ToString();
    }
}
