using System.Text;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Tracking;

/// <summary>
/// Several clients of one server, some of which it tells of changed keys. A step is one command of one client; then all of them ask for a sign of life, so that what
/// the server had to tell them has come.
/// </summary>
public sealed class TrackingSession : IDisposable
{
    private readonly RespClient[] _clients;
    private readonly bool[] _isListening;
    private readonly bool _sortsInvalidations;
    private int _marks;

    /// <summary>Connects one client per protocol version, those whose first id is <paramref name="firstId"/>, and empties the server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="protocols">2 or 3 for each client.</param>
    /// <param name="firstId">The id that the first client gets.</param>
    /// <param name="sortsInvalidations">Whether the order in which a step's keys are told is nobody's, and how many come at a time.</param>
    public TrackingSession(ServerProcess server, int[] protocols, int firstId, bool sortsInvalidations)
    {
        _sortsInvalidations = sortsInvalidations;
        using (RespClient control = server.Connect())
            control.Call("FLUSHALL");
        for (long id = NextId(server); id < firstId; id++)
        {
            using RespClient unused = server.Connect();
            unused.Call("PING");
        }
        _clients = protocols.Select(protocol => Connect(server, protocol)).ToArray();
        _isListening = new bool[_clients.Length];
    }

    /// <summary>An id that no client of the server has had.</summary>
    public static int NextId(ServerProcess server)
    {
        using RespClient client = server.Connect();
        return int.Parse(client.Call("CLIENT", "ID").Text) + 1;
    }

    /// <summary>The id of a client, for REDIRECT.</summary>
    public string IdOf(int client) => _clients[client].Call("CLIENT", "ID").Text;

    /// <summary>Has a client send a command; returns what all clients have received until the server has told them of it.</summary>
    public string Step(int client, params string[] command)
    {
        _clients[client].Send(command);
        if (command[0] == "SUBSCRIBE")
            _isListening[client] = true;
        var received = new List<RespFrame>[_clients.Length];
        for (int i = 0; i < _clients.Length; i++)
            received[i] = [];

        // What goes to another connection than the tracking client's takes two hops.
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < _clients.Length; i++)
                Take(i, received[i], replies: i == client && round == 0 && !_isListening[i] ? 1 : 0);
        }
        var text = new StringBuilder();
        for (int i = 0; i < _clients.Length; i++)
        {
            foreach (string line in Lines(received[i]))
                text.Append(i).Append(": ").Append(line).Append('\n');
        }
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RespClient client in _clients)
            client.Dispose();
    }

    private static RespClient Connect(ServerProcess server, int protocol)
    {
        RespClient client = server.Connect();
        client.Call("HELLO", protocol.ToString());
        return client;
    }

    private void Take(int client, List<RespFrame> received, int replies)
    {
        // CLIENT leaves alone what CLIENT CACHING has said, and in a transaction is one command more; who listens to channels may only send PING.
        string mark = $"mark-{_marks++}";
        bool isListening = _isListening[client];
        if (isListening)
            _clients[client].Send("PING", mark);
        else
            _clients[client].Send("CLIENT", "ID");
        while (true)
        {
            RespFrame frame = _clients[client].Read();
            bool isReply = isListening ? frame.Items is [var pong, _] && pong.Text == "pong" : frame.Type != '>';
            if (isReply && replies-- == 0)
                return;
            received.Add(frame);
        }
    }

    private IEnumerable<string> Lines(List<RespFrame> frames)
    {
        if (!_sortsInvalidations)
            return frames.Select(frame => frame.ToString());
        return frames.Where(frame => !IsInvalidation(frame)).Select(frame => frame.ToString())
            .Concat(frames.Where(IsInvalidation).SelectMany(Keys).Order(StringComparer.Ordinal));
    }

    private static bool IsInvalidation(RespFrame frame) =>
        frame.Items is [var kind, _] && kind.Text == "invalidate" || frame.Items is [_, var channel, _] && channel.Text == "__redis__:invalidate";

    private static IEnumerable<string> Keys(RespFrame frame) =>
        frame.Items![^1].Items is { } keys ? keys.Select(key => "changed " + key.Text) : ["all changed"];
}
