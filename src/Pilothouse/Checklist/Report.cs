using System.Text.Json;
using System.Text.Json.Serialization;
using Pilothouse.Configuration;

namespace Pilothouse.Checklist;

/// <summary>The whole checklist, as <c>pilothouse check --json</c> prints it. Existing names stay; new ones may be added.</summary>
/// <param name="Ok">True if nothing is red. The exit code says the same.</param>
/// <param name="Green">The number of green lines.</param>
/// <param name="Yellow">The number of yellow lines.</param>
/// <param name="Red">The number of red lines.</param>
/// <param name="Findings">Every line, in the order of the documentation.</param>
internal sealed record Report(bool Ok, int Green, int Yellow, int Red, IReadOnlyList<Finding> Findings)
{
    public static Report Of(IEnumerable<Finding> findings)
    {
        Finding[] all = [.. findings];
        int Count(Light light) => all.Count(finding => finding.Light == light);
        return new(Count(Light.Red) == 0, Count(Light.Green), Count(Light.Yellow), Count(Light.Red), all);
    }

    /// <summary>Returns a report about wrong settings only: without valid settings, nothing else can be found and checked.</summary>
    public static Report OfWrongSettings(SettingsException error) =>
        Of(error.Message.Split(Environment.NewLine).Select(static problem => Finding.Red("settings", problem, "Correct it and check again: the rest was not looked at.")));

    /// <summary>Runs all checks. It changes nothing.</summary>
    public static async Task<Report> LookAsync(Settings settings, Surroundings here, AskedServer? server, string limits, TimeProvider clock) => Of(
    [
        Finding.Green("settings", "Every value is one that is allowed."),
        .. SecretChecks.Look(settings, here),
        .. DoorChecks.Look(settings),
        .. await CertificateChecks.LookAsync(settings, here),
        .. BackupChecks.Look(settings, here, clock),
        .. FileChecks.Look(settings, here),
        .. await DatabaseChecks.LookAsync(settings, here),
        .. HostChecks.Look(here, limits),
        .. ServerChecks.Look(server),
    ]);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, Converters = [typeof(LightJson)])]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;

/// <summary>Writes the state as green, yellow or red.</summary>
internal sealed class LightJson() : JsonStringEnumConverter<Light>(JsonNamingPolicy.SnakeCaseLower);
