using System.Net;

namespace Pilothouse.Configuration;

/// <content>The checks of settings that only make sense together.</content>
internal sealed partial class Settings
{
    /// <summary>What only shows when settings are looked at together.</summary>
    private void Check(SettingSource from)
    {
        if (Host != "localhost" && !IPAddress.TryParse(Host, out _))
        {
            from.Refuse($"MCP_SERVER_HOST={Host}: allowed is an address of this machine, localhost, or 0.0.0.0 for all.");
        }

        HttpsRules.Check(this, from);
        if (DatabaseReadUrl is not null && DatabaseUrl is null)
        {
            from.Refuse("DATABASE_READ_URL is set without DATABASE_URL: it names a standby of that database. Set both, or remove it.");
        }

        if (DatabaseUrl is not null && ForeignTimeZone is not null)
        {
            from.Refuse("FOREIGN_TIME_ZONE is for bots that write into the SQLite file themselves. With DATABASE_URL there is none: remove the line.");
        }

        if (!IsProduction)
        {
            return;
        }

        foreach (var (name, value) in new[] { ("BOT_CONTROL_PIN", Pin), ("JWT_SECRET_KEY", JwtSecret) })
        {
            if (SampleValues.Any(sample => value.Equals(sample, StringComparison.OrdinalIgnoreCase) || (value.StartsWith(sample, StringComparison.OrdinalIgnoreCase) && sample.StartsWith("your", StringComparison.Ordinal))))
            {
                from.Refuse($"{name} still has a sample value that everybody knows. Change the line {name}=... in .env, or delete it: the next start writes a random one.");
            }
        }

        if (!IsLoopback && RequireAuthForReads is null)
        {
            from.Refuse($"REQUIRE_AUTH_FOR_READS is not set, but MCP_SERVER_HOST={Host} lets other machines in: set it to true, or to false if everybody may read your trades.");
        }
    }
}
