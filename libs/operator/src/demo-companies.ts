/** The people, programs and merchants of a demo company. Two companies show that their data stay separate. */
export interface DemoCompany {
  id: string;
  name: string;
  users: { id: string; login: string; email: string; name: string }[];
  merchants: { id: number; conversationIds: number[] }[];
}

export const COMPANIES: DemoCompany[] = [
  {
    id: '123e4567-e89b-12d3-a456-426614174001',
    name: 'Acme',
    users: [
      {
        id: '123e4567-e89b-12d3-a456-426614174004',
        login: 'dmurta',
        email: 'user@example.com',
        name: 'John Doe',
      },
      {
        id: '123e4567-e89b-12d3-a456-426614174002',
        login: 'admin',
        email: 'admin@example.com',
        name: 'Ada Admin',
      },
      {
        id: '123e4567-e89b-12d3-a456-426614174005',
        login: 'carla',
        email: 'carla@example.com',
        name: 'Carla Reis',
      },
    ],
    merchants: [
      { id: 1, conversationIds: [456, 789] },
      { id: 2, conversationIds: [457] },
    ],
  },
  {
    id: '123e4567-e89b-12d3-a456-426614174101',
    name: 'Globex',
    users: [
      {
        id: '123e4567-e89b-12d3-a456-426614174104',
        login: 'dmurta',
        email: 'dmurta@globex.example',
        name: 'Duda Murta',
      },
    ],
    merchants: [{ id: 3, conversationIds: [458] }],
  },
];
