using FastKv.Tests.TestKit;

namespace FastKv.Tests.Notifications;

/// <summary>A connection that hears all keyspace events of a server.</summary>
public sealed class EventListener : IDisposable
{
    private readonly RespClient _client;
    private int _marks;

    /// <summary>Switches the events on and subscribes to them.</summary>
    /// <param name="server">The server.</param>
    /// <param name="classes">Letters of notify-keyspace-events.</param>
    public EventListener(ServerProcess server, string classes)
    {
        _client = server.Connect();
        _client.Call("CONFIG", "SET", "notify-keyspace-events", classes);
        _client.Call("PSUBSCRIBE", "__key*");
    }

    /// <summary>
    /// What has come since the last call, as "channel message": everything that was published before the replies which the caller has read, because a PING
    /// that is sent after them is answered after it.
    /// </summary>
    public List<string> Take()
    {
        var events = new List<string>();
        string mark = $"mark{_marks++}";
        _client.Send("PING", mark);
        while (true)
        {
            RespFrame frame = _client.Read();
            if (frame.Items is [_, _, var channel, var message])
                events.Add($"{channel.Text} {message.Text}");
            else if (frame.Items is [_, var pong] && pong.Text == mark)
                return events;
            else
                throw new InvalidDataException($"neither an event nor the answer to PING: {frame}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
