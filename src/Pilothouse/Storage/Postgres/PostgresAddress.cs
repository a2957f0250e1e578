using Npgsql;
using Pilothouse.Configuration;

namespace Pilothouse.Storage.Postgres;

/// <summary>The database of DATABASE_URL, as Npgsql and the programs of PostgreSQL take its address.</summary>
internal sealed class PostgresAddress
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["host"] = "Host",
        ["hostaddr"] = "Host",
        ["port"] = "Port",
        ["dbname"] = "Database",
        ["user"] = "Username",
        ["password"] = "Password",
        ["passfile"] = "Passfile",
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["connect_timeout"] = "Timeout",
        ["application_name"] = "Application Name",
        ["options"] = "Options",
        ["channel_binding"] = "Channel Binding",
    };

    /// <summary>
    /// With the usual page cost, a filter by a rare name reads the whole table. The second option ends the query of a server that has died.
    /// </summary>
    private const string OwnOptions = "-c random_page_cost=1.1 -c client_connection_check_interval=10s";

    private readonly DatabaseUrl url;
    private readonly NpgsqlConnectionStringBuilder builder;

    public PostgresAddress(DatabaseUrl url)
    {
        this.url = url;
        builder = [];
        foreach (var (name, value) in url.Values.Where(static pair => Names.ContainsKey(pair.Key)))
        {
            builder[Names[name]] = Names[name] is "SSL Mode" or "Channel Binding" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
    }

    /// <summary>Throws if a pooler in between lends its connections for one transaction: what pg_dump, pg_restore and psql set would stay in them.</summary>
    /// <exception cref="DatabaseRefusedException">One does.</exception>
    public void DemandSessions()
    {
        if (url.Pooler == "transaction")
        {
            throw new DatabaseRefusedException("A pooler that lends connections for one transaction (pooler=transaction) cannot be used for backups, because the settings of pg_dump and psql would stay in its connections. Run this with the address of PostgreSQL itself in DATABASE_URL.");
        }
    }

    public string DatabaseName => url.Values["dbname"];

    public override string ToString() => url.ToString();

    /// <summary>
    /// Returns the address of the very server of an open connection. The programs of PostgreSQL must be given it where the address names
    /// several: they would take the first, which may be a standby that does not know our snapshot or a database that was just made.
    /// </summary>
    public PostgresAddress Of(NpgsqlConnection connection) => url.Host.Contains(',', StringComparison.Ordinal) ? new(url.WithHost(connection.Host!, connection.Port)) : this;

    /// <summary>Returns the address of another database on the same server.</summary>
    public PostgresAddress WithDatabase(string name) => new(url.WithDatabase(name));

    /// <summary>Returns the sentence for a database that a command or a start cannot use.</summary>
    public DatabaseRefusedException Refusal(NpgsqlException error) => new(
        $"{this} cannot be used: {error.Message.TrimEnd('.')}. Check DATABASE_URL, whether PostgreSQL is running, and the rights of the role: it must be able to create tables (docs/operations.md, PostgreSQL).");

    /// <summary>Opens a pool of connections.</summary>
    /// <param name="most">The most connections.</param>
    /// <param name="mayBeStandby">Whether a server that takes no writes will do.</param>
    /// <param name="longestSeconds">After how long PostgreSQL itself ends a statement; 0 for never.</param>
    public NpgsqlDataSource Open(int most, bool mayBeStandby = false, int longestSeconds = 0)
    {
        var own = new NpgsqlConnectionStringBuilder(builder.ConnectionString)
        {
            MaxPoolSize = most,
            // A pooler that lends a connection for one transaction may give the next one to another server, which has not prepared it.
            MaxAutoPrepare = url.Pooler == "transaction" ? 0 : 100,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = url.Pooler == "transaction",
            Timezone = "UTC",
            HostRecheckSeconds = 1,
            KeepAlive = 30,
            GssEncryptionMode = GssEncryptionMode.Disable,
            IncludeErrorDetail = false,
            IncludeFailedBatchedCommand = true,
            PersistSecurityInfo = false,
        };
        own.ApplicationName ??= "pilothouse";
        if (url.Pooler == "none")
        {
            // A pooler takes no options. docs/operations.md says what to set there instead.
            var longest = longestSeconds == 0 ? "" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $" -c statement_timeout={longestSeconds}s");
            own.Options = $"{own.Options} {OwnOptions}{longest}".Trim();
        }

        var sources = new NpgsqlSlimDataSourceBuilder(own.ConnectionString);
        sources.EnableTransportSecurity();
        sources.EnableArrays();
        return own.Host!.Contains(',', StringComparison.Ordinal)
            ? sources.BuildMultiHost().WithTargetSession(mayBeStandby ? TargetSessionAttributes.PreferStandby : TargetSessionAttributes.Primary)
            : sources.Build();
    }

    /// <summary>Adds the address to the environment of a program of PostgreSQL.</summary>
    public void AddTo(IDictionary<string, string?> environment)
    {
        // These programs want the names and the ports of several hosts as two lists.
        var hosts = Array.ConvertAll(url.Host.Split(','), SplitHost);
        environment["PGHOST"] = string.Join(',', hosts.Select(static host => host.Name));
        environment["PGPORT"] = string.Join(',', hosts.Select(static host => host.Port));
        environment["PGDATABASE"] = builder.Database;
        environment["PGUSER"] = builder.Username;
        environment["PGSSLMODE"] = builder.SslMode switch { SslMode.VerifyCA => "verify-ca", SslMode.VerifyFull => "verify-full", var mode => mode.ToString().ToLowerInvariant() };
        environment["PGAPPNAME"] = "pilothouse";
        (string Name, string? Value)[] others =
        [
            ("PGPASSWORD", builder.Password), ("PGPASSFILE", builder.Passfile), ("PGSSLROOTCERT", builder.RootCertificate),
            ("PGSSLCERT", builder.SslCertificate), ("PGSSLKEY", builder.SslKey),
        ];
        foreach (var (name, value) in others.Where(static other => other.Value is { Length: > 0 }))
        {
            environment[name] = value;
        }
    }

    /// <summary>Splits <c>name:port</c>; an IPv6 address with a port is in brackets. Without a port it is that of the whole address.</summary>
    private (string Name, string Port) SplitHost(string host)
    {
        var colon = host.LastIndexOf(':');
        var hasPort = colon > 0 && (host.IndexOf(':', StringComparison.Ordinal) == colon || host[colon - 1] == ']');
        return (
            (hasPort ? host[..colon] : host).Trim('[', ']'),
            hasPort ? host[(colon + 1)..] : builder.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
