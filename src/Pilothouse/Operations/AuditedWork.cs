namespace Pilothouse.Operations;

/// <summary>The audit log's names for work that is no operation, or that also the command line does.</summary>
internal static class AuditedWork
{
    public const string ApproveConsent = "approveConsent";

    public const string AskConsent = "askConsent";

    public const string BeginImport = "beginImport";

    public const string ChangeWebhook = "changeWebhook";

    public const string Cleanup = "cleanup";

    public const string CreateBackup = "createBackup";

    public const string CreateApiKey = "createApiKey";

    public const string CreateWebhook = "createWebhook";

    /// <summary>Nobody answered a request for consent in time.</summary>
    public const string ExpireConsent = "expireConsent";

    /// <summary>Work that had consent was refused all the same.</summary>
    public const string FailConsent = "failConsent";

    /// <summary>A whole import, with what it stored.</summary>
    public const string Import = "import";

    public const string Login = "login";

    public const string Logout = "logout";

    public const string RefreshSession = "refreshSession";

    public const string RestoreBackup = "restoreBackup";

    public const string RevokeApiKey = "revokeApiKey";

    public const string RevokeWebhook = "revokeWebhook";

    /// <summary>Returns the event of the live stream that tells of this work; null if there is none.</summary>
    public static string? EventOf(string operation) => operation == CreateBackup ? Notices.BackupMade : null;
}
