using System.Net;

namespace Pilothouse.Configuration;

/// <summary>
/// Everything an owner can set, read once at start from the environment and <c>.env</c> (the environment wins) and checked:
/// a wrong value stops the start. docs/configuration.md explains each.
/// </summary>
internal sealed partial class Settings
{
    private static readonly string[] SampleValues =
        ["123456", "000000", "111111", "654321", "your-secret-key", "your-jwt-secret", "changeme", "change-me", "secret"];

    private Settings(SettingSource from)
    {
        Port = from.Whole("MCP_SERVER_PORT", 3000, 0, 65535);
        Host = from.Text("MCP_SERVER_HOST", "127.0.0.1", "an address of this machine, localhost, or 0.0.0.0 for all");
        DatabasePath = RealPath.Of(from.FilePath("DATABASE_PATH", "trading_bot.db"));
        DatabaseUrl = from.DatabaseUrl("DATABASE_URL");
        DatabaseReadUrl = from.DatabaseUrl("DATABASE_READ_URL");
        PoolSize = from.Whole("DB_POOL_SIZE", 4, 1, 64);
        Durability = from.OneOf("DURABILITY", "full", "full", "normal");
        ForeignTimeZone = from.TimeZone("FOREIGN_TIME_ZONE");
        BackupDir = from.Text("BACKUP_DIR", "backups", "a folder path");
        MaxBackups = from.Whole("MAX_BACKUPS", 30, 1, 100_000);
        CompressBackups = from.Flag("COMPRESS_BACKUPS", true);
        EnableAutoBackup = from.Flag("ENABLE_AUTO_BACKUP", true);
        BackupScheduleHour = from.Whole("BACKUP_SCHEDULE_HOUR", 2, 0, 23);
        BackupScheduleMinute = from.Whole("BACKUP_SCHEDULE_MINUTE", 0, 0, 59);
        LogDir = from.Text("LOG_DIR", "logs", "a folder path");
        LogLevel = from.OneOf("LOG_LEVEL", "INFO", "DEBUG", "INFO", "WARNING", "ERROR");
        LogFormat = from.OneOf("LOG_FORMAT", "json", "json", "text");
        Pin = from.Secret("BOT_CONTROL_PIN", "exactly 6 digits, or the hash that `pilothouse key hash-pin` prints", static text => PinHash.IsPin(text) || PinHash.IsHash(text));
        JwtSecret = from.Secret("JWT_SECRET_KEY", "at least 32 bytes (make one with: openssl rand -hex 32)", SettingSource.IsLongSecret);
        SessionTimeoutMinutes = from.Whole("SESSION_TIMEOUT_MINUTES", 30, 1, 43_200);
        RequireAuthForReads = from.OptionalFlag("REQUIRE_AUTH_FOR_READS");
        PreviousJwtSecrets = from.Secrets("PREVIOUS_JWT_SECRET_KEYS", "earlier values of JWT_SECRET_KEY, each of at least 32 bytes, separated by commas", SettingSource.IsLongSecret);
        AuditRecords = from.Flag("AUDIT_RECORDS", false);
        BotKeysMayChangeUnnamed = from.Flag("BOT_KEYS_MAY_CHANGE_UNNAMED", false);
        AllowedHosts = from.List("ALLOWED_HOSTS", "host names separated by commas, or * for any", static _ => true);
        CorsOrigins = from.List("CORS_ORIGINS", "origins such as http://localhost:5000 separated by commas, or *", static text => text == "*" || SettingSource.IsOrigin(text));
        TrustedProxies = from.Networks("TRUSTED_PROXIES");
        IpAllowlist = from.Networks("IP_ALLOWLIST");
        PathBase = from.PathPrefix("PATH_BASE");
        TlsCertFile = from.Text("TLS_CERT_FILE", "", "a file in PEM form: the certificate, then its chain");
        TlsKeyFile = from.Text("TLS_KEY_FILE", "", "a file in PEM form: the certificate's key, without a password");
        HttpsPort = from.Whole("HTTPS_PORT", 3443, 1, 65535);
        ForceHttps = from.Flag("FORCE_HTTPS", false);
        McpEnabled = from.Flag("MCP_ENABLED", true);
        McpReadOnly = from.Flag("MCP_READ_ONLY", false);
        RateLimitEnabled = from.Flag("RATE_LIMIT_ENABLED", true);
        RateLimitPerHour = from.Whole("RATE_LIMIT_PER_HOUR", 50, 1, 1_000_000_000);
        RateLimitPerDay = from.Whole("RATE_LIMIT_PER_DAY", 200, 1, 1_000_000_000);
        RateLimitPerKeyPerMinute = from.Whole("RATE_LIMIT_PER_KEY_PER_MINUTE", 6000, 1, 1_000_000_000);
        RedisUrl = from.RedisUrl("REDIS_URL");
        BotStaleAfter = TimeSpan.FromSeconds(from.Whole("BOT_STALE_AFTER_SECONDS", 180, 1, 31_536_000));
        Retention = new RetentionSettings(from);
        Breaker = new BreakerSettings(from);
        StartingBalance = from.Money("STARTING_BALANCE", "an amount of money above 0");
        ReportingCurrency = from.Asset("REPORTING_CURRENCY", "USD");
        StablecoinsAtPar = from.Flag("STABLECOINS_AT_PAR", true);
        CostBudgetMonthly = from.Money("COST_BUDGET_MONTHLY", "an amount of dollars above 0");
        CostBudgetEnforce = from.Flag("COST_BUDGET_ENFORCE", false);
        Consent = new ConsentSettings(from);
        Alerts = new AlertSettings(from);
        Environment = from.OneOf("FLASK_ENV", "production", "production", "development", "testing");
        AspNetEnvironment = from.Text("ASPNETCORE_ENVIRONMENT", "", "Production or Development; it wins over FLASK_ENV");
        from.Text("FLASK_SECRET_KEY", "", "anything; accepted and unused");
        Check(from);
        Facts = from.Facts;
    }

    public int Port { get; }

    public string Host { get; }

    /// <summary>The file itself, where DATABASE_PATH is a link or leads over one.</summary>
    public string DatabasePath { get; }

    /// <summary>The PostgreSQL database; null where the database is the file of DATABASE_PATH.</summary>
    public DatabaseUrl? DatabaseUrl { get; }

    /// <summary>A standby of <see cref="DatabaseUrl"/> that answers long reads; null if there is none.</summary>
    public DatabaseUrl? DatabaseReadUrl { get; }

    /// <summary>Connections that read.</summary>
    public int PoolSize { get; }

    /// <summary>"full": acknowledged means on disk. "normal": a power cut may take the last commits, a crash of the program not.</summary>
    public string Durability { get; }

    /// <summary>The zone of times without one in rows that other programs write into the file; null reads them as UTC.</summary>
    public TimeZoneInfo? ForeignTimeZone { get; }

    public string BackupDir { get; }

    /// <summary>How many backups are kept.</summary>
    public int MaxBackups { get; }

    public bool CompressBackups { get; }

    /// <summary>Whether the server makes a backup each day.</summary>
    public bool EnableAutoBackup { get; }

    public int BackupScheduleHour { get; }

    public int BackupScheduleMinute { get; }

    /// <summary>When a bot is silent that does not say how often it reports.</summary>
    public TimeSpan BotStaleAfter { get; }

    public string LogDir { get; }

    public string LogLevel { get; }

    public string LogFormat { get; }

    /// <summary>The PIN or its hash.</summary>
    public string Pin { get; }

    public string JwtSecret { get; }

    /// <summary>Under which older rows of the audit log were written; nothing else takes them.</summary>
    public string[] PreviousJwtSecrets { get; }

    /// <summary>Whether the audit log keeps plain records too, which bots post by the second.</summary>
    public bool AuditRecords { get; }

    public int SessionTimeoutMinutes { get; }

    /// <summary>Null: nobody has decided, which production on an outside address refuses.</summary>
    public bool? RequireAuthForReads { get; }

    /// <summary>Whether an API key that is made for one bot may change and close trades that name no bot.</summary>
    public bool BotKeysMayChangeUnnamed { get; }

    public string[] AllowedHosts { get; }

    public string[] CorsOrigins { get; }

    public IPNetwork[] TrustedProxies { get; }

    public IPNetwork[] IpAllowlist { get; }

    /// <summary>The path under which a proxy serves us, such as /pilothouse; empty where it serves us at its root.</summary>
    public string PathBase { get; }

    public string TlsCertFile { get; }

    public string TlsKeyFile { get; }

    /// <summary>Where HTTPS is served if <see cref="HasTls"/>.</summary>
    public int HttpsPort { get; }

    public bool HasTls => TlsCertFile.Length > 0;

    public bool ForceHttps { get; }

    /// <summary>Whether /mcp speaks the Model Context Protocol.</summary>
    public bool McpEnabled { get; }

    /// <summary>Whether /mcp has only the tools that read.</summary>
    public bool McpReadOnly { get; }

    public bool RateLimitEnabled { get; }

    public int RateLimitPerHour { get; }

    public int RateLimitPerDay { get; }

    public int RateLimitPerKeyPerMinute { get; }

    /// <summary>The Redis in which all servers count the limits together; null where each counts by itself.</summary>
    public RedisUrl? RedisUrl { get; }

    public RetentionSettings Retention { get; }

    public BreakerSettings Breaker { get; }

    public ConsentSettings Consent { get; }

    public AlertSettings Alerts { get; }

    public decimal? StartingBalance { get; }

    /// <summary>The currency, in capitals, of figures over trades that settle in several.</summary>
    public string ReportingCurrency { get; }

    /// <summary>Whether dollar-like assets count one to one.</summary>
    public bool StablecoinsAtPar { get; }

    /// <summary>What all bots together may spend on outside APIs in a month, in dollars; null for no budget.</summary>
    public decimal? CostBudgetMonthly { get; }

    /// <summary>Whether a bot whose budget is used up is asked to pause.</summary>
    public bool CostBudgetEnforce { get; }

    public string Environment { get; }

    public string AspNetEnvironment { get; }

    public IReadOnlyList<SettingFact> Facts { get; }

    public bool IsProduction => (AspNetEnvironment.Length > 0 ? AspNetEnvironment : Environment).Equals("production", StringComparison.OrdinalIgnoreCase);

    public bool IsLoopback => Host is "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Whether an address is this machine's: loopback, or the one that the server listens on.</summary>
    public bool IsThisMachine(IPAddress address) => IPAddress.IsLoopback(Plain(address)) || (IPAddress.TryParse(Host, out var mine) && Plain(mine).Equals(Plain(address)));

    /// <summary>Whether an address is named in IP_ALLOWLIST.</summary>
    public bool IsListed(IPAddress address) => Array.Exists(IpAllowlist, network => network.Contains(Plain(address)));

    /// <summary>Whether an address is named in TRUSTED_PROXIES.</summary>
    public bool IsTrustedProxy(IPAddress address) => Array.Exists(TrustedProxies, network => network.Contains(Plain(address)));

    /// <summary>An IPv4 address that came in IPv6 clothes is itself.</summary>
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Checks every value.</summary>
    /// <exception cref="SettingsException">One or more are wrong.</exception>
    public static Settings Read(IReadOnlyDictionary<string, string> values)
    {
        var source = new SettingSource(values);
        var settings = new Settings(source);
        source.Verify();
        return settings;
    }
}
