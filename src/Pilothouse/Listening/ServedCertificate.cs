using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using Pilothouse.Configuration;
using Pilothouse.Monitoring;

namespace Pilothouse.Listening;

/// <summary>
/// The certificate for HTTPS. A renewed one is loaded within half a minute, without a restart. If the new files cannot be used, the old
/// certificate stays, and the log and the health check say so.
/// </summary>
internal sealed partial class ServedCertificate : SteadyService, IWatched
{
    /// <summary>
    /// The files are read every so often and not watched: certbot replaces symbolic links, which a file watcher does not see.
    /// </summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WarnBefore = TimeSpan.FromDays(14);
    private static readonly TimeSpan RemindEvery = TimeSpan.FromDays(1);

    private readonly CertificateFiles files;
    private readonly TimeProvider clock;
    private readonly ILogger<ServedCertificate> logger;
    private volatile LoadedCertificate served;
    private volatile string? problem;
    private DateTimeOffset reminded;

    /// <exception cref="SettingsException">The files cannot be used. An expired certificate is accepted, because this machine can still use
    /// the server without HTTPS.</exception>
    public ServedCertificate(Settings settings, TimeProvider clock, ILogger<ServedCertificate> logger)
        : base(logger)
    {
        files = new CertificateFiles(settings.TlsCertFile, settings.TlsKeyFile);
        this.clock = clock;
        this.logger = logger;
        try
        {
            served = files.Load(files.Read());
        }
        catch (CertificateException error)
        {
            throw new SettingsException([error.Message]);
        }
    }

    /// <summary>Returns how a new connection is encrypted. It is called once per connection.</summary>
    public SslServerAuthenticationOptions ForConnection() => new()
    {
        ServerCertificateContext = served.Context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateRequired = false,
        AllowRenegotiation = false,
    };

    public Condition Look()
    {
        var now = clock.GetUtcNow();
        var until = served.Until;
        if (now >= until)
        {
            return new("certificate", ConditionState.Failed, $"The HTTPS certificate ended on {Day(until)}; clients refuse it. Renew it: the new one is taken up without a restart.");
        }

        if (now < served.From)
        {
            return new("certificate", ConditionState.Failed, $"The HTTPS certificate begins on {Day(served.From)}; clients refuse it until then. Look at this machine's clock.");
        }

        if (problem is not null)
        {
            return new("certificate", ConditionState.Warning, $"The files of the HTTPS certificate cannot be used now; the previous one is served until {Day(until)}. The server's log says why.");
        }

        return until - now < WarnBefore
            ? new("certificate", ConditionState.Warning, $"The HTTPS certificate ends on {Day(until)}. Renew it: the new one is taken up without a restart.")
            : new("certificate", ConditionState.Ok, $"The HTTPS certificate is good until {Day(until)}.");
    }

    /// <summary>Reads the files once, and serves the new certificate if it is valid.</summary>
    public void Refresh()
    {
        try
        {
            var content = files.Read();
            if (content == served.Content)
            {
                problem = null;
            }
            else
            {
                TakeUp(files.Load(content));
            }
        }
        catch (CertificateException error)
        {
            // The same message every half minute would bury the rest of the log.
            if (problem != error.Message)
            {
                problem = error.Message;
                var until = Day(served.Until);
                NotUsable(logger, error.Message, until);
            }
        }

        Remind();
    }

    protected override async Task RunSteadilyAsync(CancellationToken stoppingToken)
    {
        var until = Day(served.Until);
        Serving(logger, served.Names, until);
        Remind();
        using var timer = new PeriodicTimer(LookEvery, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Refresh();
        }
    }

    private void TakeUp(LoadedCertificate fresh)
    {
        var now = clock.GetUtcNow();
        if (served.IsGoodAt(now) && !fresh.IsGoodAt(now))
        {
            throw new CertificateException($"The new HTTPS certificate is good from {Day(fresh.From)} until {Day(fresh.Until)}, which is not now. Renew it, or look at this machine's clock.");
        }

        // The old certificate is not disposed: TLS handshakes that have begun still need it.
        served = fresh;
        problem = null;
        reminded = default;
        var until = Day(fresh.Until);
        TakenUp(logger, fresh.Names, until);
    }

    private void Remind()
    {
        var now = clock.GetUtcNow();
        var condition = Look();
        if (condition.State == ConditionState.Ok || problem is not null || (now - reminded).Duration() < RemindEvery)
        {
            return;
        }

        reminded = now;
        if (condition.State == ConditionState.Failed)
        {
            NotGood(logger, condition.Message);
        }
        else
        {
            EndsSoon(logger, condition.Message);
        }
    }

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Information, Message = "HTTPS is served for {Names} with a certificate that ends on {Until}")]
    private static partial void Serving(ILogger logger, string names, string until);

    [LoggerMessage(Level = LogLevel.Information, Message = "The renewed HTTPS certificate for {Names} is served from now on; it ends on {Until}")]
    private static partial void TakenUp(ILogger logger, string names, string until);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Problem} The previous certificate stays in use; it ends on {Until}")]
    private static partial void NotUsable(ILogger logger, string problem, string until);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Message}")]
    private static partial void NotGood(ILogger logger, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Message}")]
    private static partial void EndsSoon(ILogger logger, string message);
}
