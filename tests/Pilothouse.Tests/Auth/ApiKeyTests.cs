using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Auth;

public sealed class ApiKeyTests
{
    [Fact]
    public async Task A_key_is_shown_once_and_only_its_hash_is_in_the_file()
    {
        await using var server = await TestServer.StartAsync();
        var made = await server.PostAsync("/api/keys", """{"name":"bot","scopes":["Write","read","write"],"bot_name":"alpha","expires_at":"2027-01-01"}""");
        var key = (string)made["key"]!;
        Assert.Matches("^ph_[0-9A-Za-z]{43}$", key);
        using var client = server.ClientWithKey(key);
        Assert.Equal(201, await LoginTests.SignalAsync(client));
        Assert.Equal(201, await LoginTests.SignalAsync(server.Anonymous, ("X-Api-Key", key)));
        Assert.Equal(201, await LoginTests.SignalAsync(server.Anonymous, ("Authorization", $"bearer {key}")));

        var list = await server.GetAsync("/api/keys");
        var listed = list["data"]![0]!.AsObject();
        Assert.Equal("""["id","name","scopes","bot_name","created_at","expires_at","revoked_at","agent"]""", "[" + string.Join(',', listed.Select(static field => $"\"{field.Key}\"")) + "]");
        Assert.Equal("""["read","write"]""", listed["scopes"]!.ToJsonString());
        Assert.Equal("2027-01-01T00:00:00+00:00", (string?)listed["expires_at"]);
        Assert.DoesNotContain(key, list.ToJsonString(), StringComparison.Ordinal);
        await server.StopAsync();
        foreach (var file in Directory.GetFiles(server.Folder.Path, "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(key[3..])) < 0, $"{file} holds the key");
            Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(key))))) < 0, $"{file} holds a plain hash of the key");
        }
    }

    [Theory]
    [InlineData("""["write","read"]""")]
    [InlineData("\"read,write\"")]
    [InlineData("\"Read write\"")]
    [InlineData("\" WRITE, read,\"")]
    public async Task Scopes_are_answered_as_a_list_and_taken_as_a_list_or_as_one_text(string scopes)
    {
        await using var server = await TestServer.StartAsync();
        var made = await server.PostAsync("/api/keys", $$"""{"name":"bot","scopes":{{scopes}}}""");
        var listed = (await server.GetAsync("/api/keys"))["data"]!.AsArray().Single(key => (long)key!["id"]! == (long)made["key_id"]!)!;
        Assert.Equal("""["read","write"]""", listed["scopes"]!.ToJsonString());

        // The scopes of a key in the list can be sent back to make a key with the same scopes.
        await server.PostAsync("/api/keys", $$"""{"name":"again","scopes":{{listed["scopes"]!.ToJsonString()}}}""");
        var schemas = (await server.GetAsync("/openapi/v1.json"))["components"]!["schemas"]!;
        foreach (var schema in new[] { schemas["NewApiKey"]!, schemas["ApiKeyRow"]! })
        {
            var form = schema["properties"]!["scopes"]!;
            Assert.Equal(("array", """["read","write","control"]"""), ((string?)form["type"], form["items"]!["enum"]!.ToJsonString()));
        }
    }

    [Theory]
    [InlineData("""{"name":"a","scopes":""}""", "scopes")]
    [InlineData("""{"name":"a","scopes":"read,admin"}""", "scopes")]
    [InlineData("""{"name":"a","scopes":7}""", "scopes")]
    [InlineData("""{"name":"a","scopes":{"read":true}}""", "scopes")]
    [InlineData("""{"scopes":["read"]}""", "name")]
    [InlineData("""{"name":" ","scopes":["read"]}""", "name")]
    [InlineData("""{"name":"a"}""", "scopes")]
    [InlineData("""{"name":"a","scopes":[]}""", "scopes")]
    [InlineData("""{"name":"a","scopes":["admin"]}""", "scopes")]
    [InlineData("""{"name":"a","scopes":[null]}""", "scopes")]
    [InlineData("""{"name":"a","scopes":["read"],"bot_name":""}""", "bot_name")]
    [InlineData("""{"name":"a","scopes":["read"],"expires_at":"2026-03-02T12:00:00Z"}""", "expires_at")]
    public async Task A_wrong_wish_for_a_key_is_refused_by_the_fields_name(string json, string field)
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.Client.SendAsync("POST", "/api/keys", json);
        Assert.Equal(400, status);
        Assert.Equal(field, (string?)body["details"]![0]!["field"]);
        Assert.Equal("1", server.Sql("SELECT count(*) FROM api_keys"));
    }

    [Fact]
    public async Task A_key_may_do_what_its_scopes_say_and_no_more()
    {
        await using var server = await TestServer.StartAsync(("REQUIRE_AUTH_FOR_READS", "true"));
        using var read = server.ClientWithKey(await server.CreateKeyAsync("r", "read"));
        using var write = server.ClientWithKey(await server.CreateKeyAsync("w", "write"));
        using var control = server.ClientWithKey(await server.CreateKeyAsync("c", "control"));
        int[] writes = [.. await Task.WhenAll(new[] { read, write, control }.Select(static client => LoginTests.SignalAsync(client)))];
        Assert.Equal([403, 201, 403], writes);
        int[] reads = [.. await Task.WhenAll(new[] { read, write, control, server.Anonymous }.Select(static async client => (await client.SendAsync("GET", "/api/signals")).Status))];
        Assert.Equal([200, 403, 403, 401], reads);
        int[] lists = [.. await Task.WhenAll(new[] { read, write, control, server.Anonymous }.Select(static async client => (await client.SendAsync("GET", "/api/keys")).Status))];
        Assert.Equal([403, 403, 200, 401], lists);
        int[] keys = [.. await Task.WhenAll(new[] { read, write, control, server.Anonymous }.Select(static async client => (await client.SendAsync("POST", "/api/keys", """{"name":"a","scopes":["control"]}""")).Status))];
        Assert.Equal([403, 403, 201, 401], keys);

        // A key without the scope read may still check itself and the health of the server.
        Assert.Equal("true", (await LoginTests.CheckAsync(write)).Authenticated);
        Assert.Equal(200, (await server.Anonymous.SendAsync("GET", "/health")).Status);
    }

    [Fact]
    public async Task A_key_ends_when_it_says()
    {
        await using var server = await TestServer.StartAsync();
        var made = await server.PostAsync("/api/keys", """{"name":"short","scopes":["write"],"expires_at":"2026-03-02T12:01:00Z"}""");
        using var client = server.ClientWithKey((string)made["key"]!);
        Assert.Equal(("true", 60), await LoginTests.CheckAsync(client));
        server.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(("false", 0), await LoginTests.CheckAsync(client));
        Assert.Equal(401, await LoginTests.SignalAsync(client));
    }

    [Fact]
    public async Task A_key_for_one_bot_fills_its_name_in_and_writes_for_no_other()
    {
        await using var server = await TestServer.StartAsync();
        var made = await server.PostAsync("/api/keys", """{"name":"a","scopes":["write"],"bot_name":"alpha"}""");
        using var client = server.ClientWithKey((string)made["key"]!);
        Assert.Equal(201, await LoginTests.SignalAsync(client));
        Assert.Equal("alpha", server.Sql("SELECT bot_name FROM signals"));
        var (status, body) = await client.SendAsync("POST", "/api/signals", """{"trading_pair":"A/B","signal_type":"BUY","signal_strength":1,"price":1,"bot_name":"beta"}""");
        Assert.Equal((403, "wrong-bot"), (status, (string?)body["code"]));
        Assert.Equal("1", server.Sql("SELECT count(*) FROM signals"));
    }

    [Fact]
    public async Task A_revoked_key_ends_at_once_and_the_others_go_on()
    {
        await using var server = await TestServer.StartAsync();
        var made = await server.PostAsync("/api/keys", """{"name":"a","scopes":["write"]}""");
        using var client = server.ClientWithKey((string)made["key"]!);
        Assert.Equal(201, await LoginTests.SignalAsync(client));
        var path = string.Create(CultureInfo.InvariantCulture, $"/api/keys/{(long)made["key_id"]!}");
        Assert.Equal(200, (await server.Client.SendAsync("DELETE", path)).Status);
        Assert.Equal(401, (await client.SendAsync("POST", "/api/signals", "{}")).Status);
        Assert.Equal(401, await LoginTests.SignalAsync(client));
        Assert.Equal(200, (await server.Client.SendAsync("DELETE", path)).Status);
        Assert.Equal(404, (await server.Client.SendAsync("DELETE", "/api/keys/4711")).Status);
        Assert.Equal(404, (await server.Client.SendAsync("DELETE", "/api/keys/abc")).Status);
        Assert.Equal(201, await LoginTests.SignalAsync(server.Client));
    }

    [Fact]
    public async Task Keys_of_the_command_line_work_and_end_at_once_while_the_server_runs()
    {
        using var folder = new TemporaryFolder();
        await using var server = await ServerProcess.ServeAsync(folder);
        var (code, made, said) = await ServerProcess.RunAsync(folder, ["key", "create", "--name", "cli", "--scopes", "read,write", "--bot-name", "alpha"]);
        Assert.Equal(0, code);
        Assert.Matches("^ph_[0-9A-Za-z]{43}$", made.Trim());
        Assert.Equal(201, await LoginTests.SignalAsync(server.Client, ("X-Api-Key", made.Trim())));

        var listed = (await ServerProcess.RunAsync(folder, ["key", "list"])).Out;
        Assert.Contains("cli", listed, StringComparison.Ordinal);
        Assert.DoesNotContain(made.Trim()[3..], listed, StringComparison.Ordinal);
        Assert.Equal(0, (await ServerProcess.RunAsync(folder, ["key", "revoke", "1"])).Code);
        Assert.Equal(401, await LoginTests.SignalAsync(server.Client, ("X-Api-Key", made.Trim())));
        Assert.Equal(1, (await ServerProcess.RunAsync(folder, ["key", "revoke", "4711"])).Code);
        Assert.Equal(2, (await ServerProcess.RunAsync(folder, ["key", "create", "--name", "x", "--scopes", "admin"])).Code);
        Assert.Contains("not shown again", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ID abc: it must be a whole number from 1.", "key", "revoke", "abc")]
    [InlineData("--expires-in-days x: it must be a whole number from 1 to 36500.", "key", "create", "--name", "a", "--expires-in-days", "x")]
    [InlineData("--expires-in-days 0: it must be a whole number from 1 to 36500.", "key", "create", "--name", "a", "--expires-in-days", "0")]
    public async Task A_number_that_is_none_is_told_in_words_of_the_command(string sentence, params string[] command)
    {
        using var folder = new TemporaryFolder();
        var (code, output, error) = await ServerProcess.RunAsync(folder, command);
        Assert.Equal(2, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_writes_the_file_cannot_make_himself_a_key()
    {
        await using var server = await TestServer.StartAsync();
        var key = "ph_" + new string('7', 43);
        var bytes = Encoding.ASCII.GetBytes(key);
        string[] guesses = [key, Convert.ToHexStringLower(SHA256.HashData(bytes)), Convert.ToHexStringLower(HMACSHA256.HashData(Array.Empty<byte>(), bytes)), Convert.ToBase64String(SHA256.HashData(bytes))];
        foreach (var hash in guesses)
        {
            server.Sql($"INSERT INTO api_keys(name, key_hash, scopes, seal, created_at) VALUES ('forged', '{hash}', 'read,write,control', '{hash}', '2026-01-01')");
        }

        using var client = server.ClientWithKey(key);
        Assert.Equal(401, await LoginTests.SignalAsync(client));
    }

    [OnlyOnSqlite("stores what only a file takes")]
    [Fact]
    public async Task Rows_that_others_wrote_to_api_keys_break_nothing()
    {
        await using var server = await TestServer.StartAsync();
        server.Sql("INSERT INTO api_keys(name, key_hash, scopes, seal, created_at, expires_at) VALUES (x'FF', 'odd', x'00', x'00', 'soon', 'never')");
        using var answer = await server.Client.RawAsync("GET", "/api/keys");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        server.Sql("UPDATE api_keys SET scopes = x'00', name = x'00' WHERE name = 'tests'");
        Assert.Equal(401, await LoginTests.SignalAsync(server.Client));
    }

    [Theory]
    [InlineData("UPDATE api_keys SET scopes = 'read,write,control'")]
    [InlineData("UPDATE api_keys SET expires_at = '2999-01-01 00:00:00'")]
    [InlineData("UPDATE api_keys SET bot_name = NULL")]
    [InlineData("UPDATE api_keys SET seal = key_hash")]
    public async Task A_key_that_another_program_widened_opens_nothing(string sql)
    {
        await using var server = await TestServer.StartAsync();
        var made = await server.PostAsync("/api/keys", """{"name":"bot","scopes":["read"],"bot_name":"b","expires_at":"2026-04-01T00:00:00.1234567Z"}""");
        using var client = server.ClientWithKey((string)made["key"]!);
        Assert.True((bool)(await client.SendAsync("GET", "/api/auth/check")).Body["authenticated"]!);
        server.Sql(sql + $" WHERE id = {made["key_id"]}");
        Assert.False((bool)(await client.SendAsync("GET", "/api/auth/check")).Body["authenticated"]!);
    }

    [Fact]
    public async Task A_revoked_key_cannot_be_brought_back_in_the_file()
    {
        await using var server = await TestServer.StartAsync();
        var made = await server.PostAsync("/api/keys", """{"name":"bot","scopes":["read"]}""");
        using var client = server.ClientWithKey((string)made["key"]!);
        Assert.Equal(200, (await server.Client.SendAsync("DELETE", $"/api/keys/{made["key_id"]}")).Status);
        server.Sql($"UPDATE api_keys SET revoked_at = NULL WHERE id = {made["key_id"]}");
        Assert.False((bool)(await client.SendAsync("GET", "/api/auth/check")).Body["authenticated"]!);
    }
}
