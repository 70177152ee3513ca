using FastKv.Engine.Clients;
using FastKv.Engine.Messages;

namespace FastKv.Engine.Tracking;

/// <summary>
/// Where an invalidation goes that has come to the loop of its client: to it, or to the connection that it has named (REDIRECT). Data plane; the loop's thread.
/// </summary>
/// <remarks>
/// It comes this way, and not straight to the other connection, so that it leaves after the replies that the tracking client still waits for.
/// </remarks>
internal static class InvalidationRoute
{
    /// <summary>Whether the message is for the client's own connection; if not, it has been sent where it belongs, or nobody can get it.</summary>
    public static bool IsForItself(Client client, Message message)
    {
        // Also when it has switched tracking off meanwhile: it was told before that.
        if (client.Tracker is not { } tracker)
            return false;
        bool isResp3 = client.Resp > 2;
        if (tracker.RedirectId == 0)
            return isResp3;
        var server = client.Loop.Server;
        if (server.Clients.Find(tracker.RedirectId) is { IsClosed: false } other)
        {
            // A receiver that is read while its session ends reaches nobody, or is the one that it was.
            var receiver = other.Receiver;
            var redirected = InvalidationMessage.ToRedirect(message, isResp3);
            server.Loops[receiver.Loop].Mailbox.Post(receiver, redirected);
            redirected.Release();
            return false;
        }
        tracker.IsRedirectBroken = true;
        if (isResp3)
        {
            var broken = InvalidationMessage.OfBrokenRedirect(tracker.RedirectId);
            client.Loop.Mailbox.Post(client.Receiver, broken);
            broken.Release();
        }
        return false;
    }
}
