using FastKv.Engine.Configuration.Parameters;
using FastKv.Engine.Keyspace;

namespace FastKv.Engine.Notifications;

/// <summary>Publishes what happens to keys (notify-keyspace-events). Data plane. STUB: nothing is published.</summary>
internal static class KeyspaceNotifications
{
    /// <summary>Publishes an event whose class is wanted.</summary>
    public static void Publish(Database database, KeyspaceEvents eventClass, ReadOnlySpan<byte> eventName, in Key key) =>
        _ = database.Index + (int)eventClass + eventName.Length + key.Length;
}
