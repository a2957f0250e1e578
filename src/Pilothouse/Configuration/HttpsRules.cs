namespace Pilothouse.Configuration;

/// <summary>What the settings of HTTPS must be beside each other.</summary>
internal static class HttpsRules
{
    public static void Check(Settings settings, SettingSource from)
    {
        if (settings.HasTls != settings.TlsKeyFile.Length > 0)
        {
            var (set, missing) = settings.HasTls ? ("TLS_CERT_FILE", "TLS_KEY_FILE") : ("TLS_KEY_FILE", "TLS_CERT_FILE");
            from.Refuse($"{set} is set and {missing} is not: HTTPS needs both files. Set both, or neither.");
        }

        if (settings.HasTls && settings.HttpsPort == settings.Port)
        {
            from.Refuse($"HTTPS_PORT={settings.HttpsPort}: allowed is another port than MCP_SERVER_PORT, which answers http.");
        }

        if (settings.ForceHttps && !settings.HasTls && settings.TrustedProxies.Length == 0)
        {
            from.Refuse("FORCE_HTTPS=true, but nothing here speaks HTTPS: set TLS_CERT_FILE and TLS_KEY_FILE, or, if a proxy in front does, TRUSTED_PROXIES to its address. Else set FORCE_HTTPS=false.");
        }
    }
}
