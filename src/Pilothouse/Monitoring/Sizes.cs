using System.Globalization;

namespace Pilothouse.Monitoring;

/// <summary>Formats sizes of files, disks and memory for people. All commands, conditions and the checklist use this form.</summary>
internal static class Sizes
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Returns the size in the unit that leaves one to four digits before the point: "12.3 MiB".</summary>
    public static string Text(long bytes)
    {
        double size = bytes;
        var unit = 0;
        for (; size >= 1024 && unit < Units.Length - 1; unit++)
        {
            size /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 ? size.ToString("0", CultureInfo.InvariantCulture) : size.ToString("0.0", CultureInfo.InvariantCulture))} {Units[unit]}");
    }
}
