using System.Globalization;
using Pilothouse.Tests.Fixtures;

namespace Pilothouse.Tests.Postgres;

/// <summary>Every command beside a server on PostgreSQL, as an owner runs them.</summary>
public sealed class PostgresCommandTests
{
    private const string Signal = """{"trading_pair":"BTC/USDT","signal_type":"BUY","signal_strength":5,"price":1.5}""";

    [Fact]
    public async Task A_backup_is_made_beside_the_server_verified_and_restored_when_it_is_stopped()
    {
        await using var owner = await Owner.CreateAsync("CREATEDB");
        var server = await owner.ServeAsync();
        var key = await owner.KeyAsync("bot");
        var other = await owner.KeyAsync("thief");
        Assert.Equal(0, (await owner.RunAsync("webhook", "create", "--name", "ended", "--kind", "freqtrade", "--mode", "paper")).Code);
        Assert.Equal(201, await PostAsync(server, key));
        Assert.Equal(201, await PostAsync(server, key));

        var made = await owner.RunAsync("backup");
        Assert.Matches(@"trading_bot_backup_\d{8}_\d{6}\.dump\.gz: .* rows, verified\.", made.Out);
        Assert.Equal(201, await PostAsync(server, key));
        Assert.StartsWith("good  trading_bot_backup_", (await owner.RunAsync("backup", "verify")).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await owner.RunAsync("key", "revoke", "2")).Code);
        Assert.Equal(0, (await owner.RunAsync("webhook", "revoke", "1")).Code);

        var held = await owner.RunAsync("backup", "restore", "--yes");
        Assert.Equal(1, held.Code);
        Assert.Contains("is in use by pilothouse (role", held.Error, StringComparison.Ordinal);
        await server.TerminateAsync();
        await server.DisposeAsync();

        var restored = await owner.RunAsync("backup", "restore", "--yes");
        Assert.True(restored.Code == 0, restored.Error);
        Assert.Contains("stay ended (2)", restored.Error, StringComparison.Ordinal);
        Assert.Equal("1", await owner.SqlAsync("SELECT count(*) FROM webhooks WHERE revoked_at IS NOT NULL AND secret_hash = 'revoked:1'"));
        var aside = restored.Out.Split("the schema ")[1].Split(' ')[0];
        Assert.Equal("2|3", await owner.SqlAsync($"SELECT (SELECT count(*) FROM signals) || '|' || (SELECT count(*) FROM {aside}.signals)"));

        await using var again = await owner.ServeAsync();
        Assert.Equal(201, await PostAsync(again, key));
        Assert.Equal(401, await PostAsync(again, other));
        Assert.Equal("3", await owner.SqlAsync("SELECT count(*) FROM changes WHERE table_name = 'signals'"));
        var (code, _, told) = await owner.RunAsync("audit", "verify");
        Assert.True(code == 0, told);
        Assert.Equal("0", await owner.SqlAsync("SELECT count(*) FROM pg_database trial JOIN pg_database own ON own.datdba = trial.datdba WHERE own.datname = current_database() AND trial.datname LIKE 'pilothouse_trial%'"));
    }

    [Fact]
    public async Task A_role_that_may_make_no_database_gets_a_backup_that_was_read_and_is_told_so()
    {
        await using var owner = await Owner.CreateAsync("");
        Assert.Equal(0, (await owner.RunAsync("migrate")).Code);
        Assert.Equal(0, (await owner.RunAsync("backup")).Code);
        var (code, output, error) = await owner.RunAsync("backup", "verify");
        Assert.Equal(0, code);
        Assert.StartsWith("good  ", output, StringComparison.Ordinal);
        Assert.Contains("read completely, but not restored for a trial", error, StringComparison.Ordinal);

        var name = Directory.GetFiles(owner.Folder.File("backups"), "*.gz").Single();
        var bytes = await File.ReadAllBytesAsync(name, TestContext.Current.CancellationToken);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(name, bytes, TestContext.Current.CancellationToken);
        Assert.Equal(1, (await owner.RunAsync("backup", "verify")).Code);
        Assert.Equal(1, (await owner.RunAsync("backup", "restore", "--yes")).Code);
        Assert.Equal("0", await owner.SqlAsync("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'before_restore%'"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(400)]
    [InlineData(800)]
    public async Task A_restore_that_fails_in_its_middle_changes_nothing(int lines)
    {
        await using var owner = await Owner.CreateAsync("CREATEDB");
        Assert.Equal(0, (await owner.RunAsync("migrate")).Code);
        Assert.Equal(0, (await owner.RunAsync("backup")).Code);
        await owner.SqlAsync("INSERT INTO signals(trading_pair, signal_type, signal_strength, price) VALUES ('A/B', 'BUY', 1, 1)");

        // psql that loses its connection after some lines. It ends while pg_restore still writes more than the pipe between them holds.
        var tools = await owner.ProgramAsync("psql", $"head -n {lines} | /usr/bin/psql \"$@\"\nexit 3");
        var (code, _, error) = await owner.RunAsync(["backup", "restore", "--yes"], ("PATH", $"{tools}:{Environment.GetEnvironmentVariable("PATH")}"));
        Assert.Equal(1, code);
        Assert.Contains("psql failed", error, StringComparison.Ordinal);
        Assert.Equal("1", await owner.SqlAsync("SELECT count(*) FROM signals"));
        Assert.Equal("0", await owner.SqlAsync("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'before_restore%'"));
    }

    [Fact]
    public async Task A_missing_or_older_program_of_PostgreSQL_is_named()
    {
        await using var owner = await Owner.CreateAsync("");
        Assert.Equal(0, (await owner.RunAsync("migrate")).Code);
        var (code, _, error) = await owner.RunAsync(["backup"], ("PATH", owner.Folder.Path));
        Assert.Equal(1, code);
        Assert.Contains("pg_dump is not installed", error, StringComparison.Ordinal);

        var tools = await owner.ProgramAsync("pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.1'");
        (code, _, error) = await owner.RunAsync(["backup"], ("PATH", $"{tools}:{Environment.GetEnvironmentVariable("PATH")}"));
        Assert.Equal(1, code);
        Assert.Contains("pg_dump (PostgreSQL) 9.6.1 is older than the server of the database", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PGPASSFILE")]
    [InlineData("passfile")]
    public async Task The_password_may_be_in_a_file(string named)
    {
        await using var owner = await Owner.CreateAsync("");
        var file = owner.Folder.File("password");
        await File.WriteAllTextAsync(file, "127.0.0.1:*:*:*:hidden-word\n", TestContext.Current.CancellationToken);
        await Tool.RunAsync("chmod", ["600", file]);
        var url = owner.Url.Replace(":hidden-word", "", StringComparison.Ordinal) + (named == "passfile" ? $"?passfile={file}" : "");
        (string, string)[] environment = [("DATABASE_URL", url), .. ((string, string)[])(named == "passfile" ? [] : [("PGPASSFILE", file)])];
        foreach (var command in new[] { "migrate", "backup" })
        {
            var (code, _, error) = await ServerProcess.RunAsync(owner.Folder, [command], environment);
            Assert.True(code == 0, error);
        }
    }

    [Fact]
    public async Task A_backup_of_the_other_engine_is_not_restored()
    {
        await using var owner = await Owner.CreateAsync("");
        Assert.Equal(0, (await ServerProcess.RunAsync(owner.Folder, ["migrate"])).Code);
        Assert.Equal(0, (await ServerProcess.RunAsync(owner.Folder, ["backup"])).Code);
        var (code, _, error) = await owner.RunAsync("backup", "restore", "--yes");
        Assert.Equal(1, code);
        Assert.Contains("is the backup of a database file", error, StringComparison.Ordinal);
        foreach (var made in Directory.GetFiles(owner.Folder.File("backups")))
        {
            File.Delete(made);
        }

        Assert.Equal(0, (await owner.RunAsync("migrate")).Code);
        Assert.Equal(0, (await owner.RunAsync("backup")).Code);
        (code, _, error) = await ServerProcess.RunAsync(owner.Folder, ["backup", "restore", "--yes"]);
        Assert.Equal(1, code);
        Assert.Contains("is the backup of a PostgreSQL database", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_check_cleanup_audit_and_vacuum_work_or_say_why_not()
    {
        await using var owner = await Owner.CreateAsync("");
        await using var server = await owner.ServeAsync();
        var key = await owner.KeyAsync("bot");
        Assert.Equal(201, await PostAsync(server, key));
        var status = await owner.RunAsync("status");
        Assert.True(status.Code == 0, status.Out);
        Assert.Contains($"runs on http://127.0.0.1:{server.Port}, process {server.Id}", status.Out, StringComparison.Ordinal);
        Assert.Contains("1 signals", status.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("SQLite", status.Out, StringComparison.Ordinal);

        var check = await owner.RunAsync("check");
        Assert.Matches("(?m)^green +postgresql +PostgreSQL 1", check.Out);
        Assert.Matches("(?m)^RED +durability +fsync and full_page_writes are off", check.Out);
        Assert.Matches("(?m)^yellow +replication ", check.Out);
        Assert.Matches("(?m)^green +database +It has this version's schema", check.Out);
        Assert.Matches("(?m)^green +server ", check.Out);
        Assert.DoesNotMatch("(?m)^\\w+ +(sqlite|journal|file-system|foreign-times|backup-place) ", check.Out);

        Assert.Contains("total", (await owner.RunAsync("cleanup")).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await owner.RunAsync("audit", "verify")).Code);
        Assert.Contains("createApiKey", (await owner.RunAsync("audit", "export")).Out, StringComparison.Ordinal);
        var vacuum = await owner.RunAsync("vacuum");
        Assert.Equal(1, vacuum.Code);
        Assert.Contains("autovacuum", vacuum.Error, StringComparison.Ordinal);

        var second = await owner.RunAsync("serve");
        Assert.Equal(1, second.Code);
        Assert.Contains("Another Pilothouse server writes its logs to", second.Error, StringComparison.Ordinal);
    }

    private static async Task<int> PostAsync(ServerProcess server, string key) => (await server.Client.SendAsync("POST", "/api/signals", Signal, ("X-Api-Key", key))).Status;

    /// <summary>A database of its own, with a role that owns it and is no superuser.</summary>
    private sealed class Owner : IAsyncDisposable
    {
        private readonly PostgresCluster cluster;
        private readonly string name;
        private readonly string role;

        private Owner(PostgresCluster cluster, string name, string role)
        {
            (this.cluster, this.name, this.role) = (cluster, name, role);
            Url = string.Create(CultureInfo.InvariantCulture, $"postgres://{role}:hidden-word@127.0.0.1:{cluster.Port}/{name}");
        }

        public TemporaryFolder Folder { get; } = new();

        public string Url { get; }

        public static async Task<Owner> CreateAsync(string rights)
        {
            var cluster = await PostgresCluster.SharedAsync();
            var url = await cluster.CreateDatabaseAsync();
            var name = url[(url.LastIndexOf('/') + 1)..];
            var role = $"role_{name}";
            await cluster.ExecuteAsync("postgres", $"CREATE ROLE {role} LOGIN PASSWORD 'hidden-word' {rights}");
            await cluster.ExecuteAsync("postgres", $"ALTER DATABASE {name} OWNER TO {role}");
            return new(cluster, name, role);
        }

        public Task<ServerProcess> ServeAsync() => ServerProcess.ServeAsync(Folder, ("DATABASE_URL", Url));

        public Task<(int Code, string Out, string Error)> RunAsync(params string[] command) => RunAsync(command, []);

        /// <summary>Runs a command, and fails if it shows the password.</summary>
        public async Task<(int Code, string Out, string Error)> RunAsync(string[] command, params (string Name, string Value)[] environment)
        {
            var result = await ServerProcess.RunAsync(Folder, command, [("DATABASE_URL", Url), .. environment]);
            Assert.DoesNotContain("hidden-word", result.Out + result.Error, StringComparison.Ordinal);
            return result;
        }

        public async Task<string> KeyAsync(string bot) => (await RunAsync("key", "create", "--name", bot)).Out.Trim();

        /// <summary>Writes a program of this name.</summary>
        /// <returns>The folder that has it.</returns>
        public async Task<string> ProgramAsync(string program, string script)
        {
            var tools = Folder.File("tools");
            Directory.CreateDirectory(tools);
            await File.WriteAllTextAsync(Path.Combine(tools, program), $"#!/bin/sh\n{script}\n");
            await Tool.RunAsync("chmod", ["+x", Path.Combine(tools, program)]);
            return tools;
        }

        public Task<string?> SqlAsync(string sql) => cluster.ExecuteAsync(name, sql);

        public async ValueTask DisposeAsync()
        {
            await cluster.DropAsync(name);
            await cluster.ExecuteAsync("postgres", $"DROP ROLE {role}");
            Folder.Dispose();
        }
    }
}
