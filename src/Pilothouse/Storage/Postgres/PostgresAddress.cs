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

    private readonly DatabaseUrl url;
    private readonly NpgsqlConnectionStringBuilder builder;

    public PostgresAddress(DatabaseUrl url)
    {
        this.url = url;
        builder = [];
        foreach (var (name, value) in url.Values)
        {
            builder[Names[name]] = Names[name] is "SSL Mode" or "Channel Binding" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
    }

    public override string ToString() => url.ToString();

    /// <summary>Opens a pool of connections.</summary>
    /// <param name="most">The most connections.</param>
    public NpgsqlDataSource Open(int most)
    {
        var own = new NpgsqlConnectionStringBuilder(builder.ConnectionString)
        {
            MaxPoolSize = most,
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
            Timezone = "UTC",
            HostRecheckSeconds = 1,
            KeepAlive = 30,
            GssEncryptionMode = GssEncryptionMode.Disable,
            IncludeErrorDetail = false,
            IncludeFailedBatchedCommand = true,
            PersistSecurityInfo = false,
        };
        own.ApplicationName ??= "pilothouse";
        own.Options = $"{own.Options} -c random_page_cost=1.1".Trim();
        var sources = new NpgsqlSlimDataSourceBuilder(own.ConnectionString);
        sources.EnableTransportSecurity();
        sources.EnableArrays();
        return own.Host!.Contains(',', StringComparison.Ordinal)
            ? sources.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary)
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
        if (builder.Password is { Length: > 0 } password)
        {
            environment["PGPASSWORD"] = password;
        }

        if (builder.RootCertificate is { Length: > 0 } root)
        {
            environment["PGSSLROOTCERT"] = root;
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
