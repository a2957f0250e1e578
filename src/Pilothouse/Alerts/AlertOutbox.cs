using Pilothouse.Configuration;
using Pilothouse.Storage;

namespace Pilothouse.Alerts;

/// <summary>
/// Decides which alert a note becomes. A trouble is told once at its begin and once at its end. Notes of one kind that come within a minute,
/// or in the quiet hours, become one alert with a count.
/// </summary>
internal sealed class AlertOutbox(AlertSettings settings, AlertHours hours, AlertTargets targets)
{
    /// <summary>So long after an alert the next ones of its kind are gathered.</summary>
    public static readonly TimeSpan Gather = TimeSpan.FromMinutes(1);

    /// <summary>How many sentences a gathered alert has; of the rest it tells the number only.</summary>
    private const int MostLines = 10;

    /// <summary>Whether a note may become an alert or end a trouble, as far as one knows before its transaction.</summary>
    /// <param name="note">The note.</param>
    /// <param name="told">The keys of the troubles that were told.</param>
    public bool IsOfUse(AlertNote note, IReadOnlySet<string> told) => note.IsResolved ? told.Contains(note.Key!)
        : settings.Topics.Contains(note.Topic) && (note.Key is null || !told.Contains(note.Key));

    /// <summary>Stores a note in the transaction of <paramref name="session"/>.</summary>
    /// <returns>Whether there is something to tell.</returns>
    public async ValueTask<bool> NoteAsync(Session session, AlertNote note, DateTimeOffset now)
    {
        var isChosen = settings.Topics.Contains(note.Topic);
        if (note.Key is { } key && !(note.IsResolved ? await AlertStore.EndAsync(session, key) : isChosen && await AlertStore.BeginAsync(session, key, now)))
        {
            return false;
        }

        if (!isChosen)
        {
            return false;
        }

        // What is urgent does not wait with what is not.
        if ((await AlertStore.GatheringAsync(session)).Find(alert => alert.Event == note.Event && alert.Urgent == 1 == note.IsUrgent) is { } open)
        {
            var lines = open.Text!.Split('\n').Length;
            var text = lines < MostLines && open.Text.Length + note.Text.Length < AlertStore.LongestText ? $"{open.Text}\n{note.Text}" : open.Text;
            await AlertStore.JoinAsync(session, open.Id, text, open.BotName == note.BotName ? note.BotName : null);
            return true;
        }

        var until = await AlertStore.LastQueuedAsync(session, note.Event) is { } last && last + Gather > now ? last + Gather : now;
        if (!note.IsUrgent && hours.QuietUntil(now) is { } morning && morning > until)
        {
            until = morning;
        }

        await AlertStore.InsertAsync(session, note with { Text = note.Text.Length > AlertStore.LongestText ? note.Text[..AlertStore.LongestText] : note.Text }, now, until);
        return true;
    }

    /// <summary>Gives the alerts to the targets that have gathered long enough.</summary>
    public async ValueTask QueueAsync(Session session, DateTimeOffset now)
    {
        foreach (var alert in (await AlertStore.GatheringAsync(session)).Where(alert => !(alert.GatherUntil > now)))
        {
            await AlertStore.QueueAsync(session, alert.Id, targets.All.Select(static target => target.Name), now);
        }
    }
}
