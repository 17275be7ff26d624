/** The documented programs, word for word; their page lost the indentation of the Python one. */
export const JAVASCRIPT = `
// Fetch recent agent actions for monitoring
async function getRecentAgentActions() {
const response = await fetch('https://api.aloochat.ai/team-notifications?notification_type=agent_action&limit=50', {
headers: { 'x-api-key': 'YOUR_API_KEY' }
});
return response.json();
}
// Track actions for specific query
async function getQueryActions(queryId) {
const response = await fetch(\`https://api.aloochat.ai/team-notifications?query_id=\${queryId}\`, {
headers: { 'x-api-key': 'YOUR_API_KEY' }
});
return response.json();
}
// Mark notification as read when user reviews action
async function markActionAsReviewed(notificationId, userId) {
await fetch(\`https://api.aloochat.ai/team-notifications/\${notificationId}/users/\${userId}/status\`, {
method: 'PATCH',
headers: {
'x-api-key': 'YOUR_API_KEY',
'Content-Type': 'application/json'
},
body: JSON.stringify({ status: 'read' })
});
}`;

export const PYTHON = `
import requests
from datetime import datetime, timedelta
def analyze_agent_actions(agent_id=None):
    """Analyze agent actions and performance"""
    end_date = datetime.now()
    start_date = end_date - timedelta(days=30)
    params = {
        'start_date': start_date.isoformat(),
        'end_date': end_date.isoformat(),
        'notification_type': 'agent_action'
    }
    if agent_id:
        params['agent_id'] = agent_id
    response = requests.get(
        'https://api.aloochat.ai/team-notifications/stats',
        headers={'x-api-key': 'YOUR_API_KEY'},
        params=params
    )
    stats = response.json()
    print(f"Agent actions in last 30 days: {stats['total_notifications']}")
    print(f"Actions by type: {stats['by_type']}")
    # Get detailed actions
    actions_response = requests.get(
        'https://api.aloochat.ai/team-notifications',
        headers={'x-api-key': 'YOUR_API_KEY'},
        params=params
    )
    actions = actions_response.json()
    # Analyze tool usage
    tool_usage = {}
    for action in actions['data']:
        tool = action['metadata'].get('tool_used', 'unknown')
        tool_usage[tool] = tool_usage.get(tool, 0) + 1
    print(f"Tool usage: {tool_usage}")
    return stats, tool_usage
# Track query resolution actions
def track_query_resolution(query_id):
    """Track all actions taken to resolve a specific query"""
    response = requests.get(
        f'https://api.aloochat.ai/team-notifications?query_id={query_id}',
        headers={'x-api-key': 'YOUR_API_KEY'}
    )
    actions = response.json()
    print(f"Actions taken for query {query_id}:")
    for action in actions['data']:
        print(f"- {action['title']} ({action['notification_type']})")
        print(f" Tool: {action['metadata'].get('tool_used', 'N/A')}")
        print(f" Time: {action['created_at']}")
    return actions`;
